//! The public digests of RDS Proxy, and the rules behind them.

use super::*;

fn check(text: &str, expected: &str) {
    assert_eq!(digest(text.as_bytes()), expected, "{text}");
}

#[test]
fn every_public_digest_is_reproduced() {
    // <https://github.com/prisma/prisma-engines/issues/1692>
    check("SET search_path = \"public\"; SET NAMES 'UTF8';", "set search_path = $1; set names $2;");
    // <https://github.com/doctrine/DoctrineBundle/issues/2026>
    check("SET NAMES 'utf8'", "set names $1");
    // <https://github.com/MagicStack/asyncpg/issues/1153>
    check(
        "SELECT pg_advisory_unlock_all();\nCLOSE ALL;\nUNLISTEN *;\nRESET ALL;",
        "select pg_advisory_unlock_all(); close all; unlisten *; reset all;",
    );
    // <https://github.com/AmbitionEng/django-pghistory/issues/245>, where columns are left out.
    check(
        "SELECT set_config('pghistory.context_id', '1b0e', true), \
         set_config('pghistory.context_metadata', '{\"url\": \"/\"}', true); \
         SELECT \"authtoken_token\".\"key\" FROM \"authtoken_token\" INNER JOIN \"auth_user\" \
         ON (\"authtoken_token\".\"user_id\" = \"auth_user\".\"id\") \
         WHERE \"authtoken_token\".\"key\" = '9944b0' LIMIT 21",
        "select set_config($1, $2, $3), set_config($4, $5, $6); \
         select \"authtoken_token\".\"key\" from \"authtoken_token\" inner join \"auth_user\" \
         on (\"authtoken_token\".\"user_id\" = \"auth_user\".\"id\") \
         where \"authtoken_token\".\"key\" = $7 limit $8",
    );
    // <https://github.com/prisma/orm/issues/5866>
    check(
        "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ UNCOMMITTED",
        "set session characteristics as transaction isolation level $1 uncommitted",
    );
    // <https://github.com/boosterKRD/boosterKRD.github.io/blob/c82804aa3c1ce52f6e4356395833a923f0d1aeaf/_posts/2026-01-18-aws-rds-proxy-postgresql.md>
    check("SET search_path TO a,b,c", "set search_path to $1,$2,$3");
    // <https://xiaoz.work/2024/02/01/AvoidPinningInAWSRDSProxyForPostgres.html>
    check("SET extra_float_digits = 3", "set extra_float_digits = $1");
    // <https://www.smily.com/engineering/rds-database-migration-series---integrating-ruby-on-rails-applications-with-rds-proxy>
    check("set client_encoding to 'UTF8'", "set client_encoding to $1");
}

#[test]
fn values_of_settings_are_replaced() {
    check("SET a.b = -1.5, +2, on, \"X\", 'y'", "set a.b = $1, $22, $3, $4, $5");
    check("SET LOCAL a TO DEFAULT", "set local a to default");
    check("SET a FROM CURRENT; RESET a", "set a from current; reset a");
    check("SET TIME ZONE 'UTC'; SET TIME ZONE LOCAL", "set time zone $1; set time zone local");
    check("SET TIME ZONE INTERVAL '+1' HOUR", "set time zone interval $1 hour");
    check("SET TIME ZONE -7", "set time zone $1");
    check(
        "SET ROLE app; SET SESSION AUTHORIZATION 'a'",
        "set role $1; set session authorization $2",
    );
    check("SET SESSION AUTHORIZATION DEFAULT", "set session authorization default");
    check("SET XML OPTION DOCUMENT", "set xml option $1");
    check("SET CONSTRAINTS ALL DEFERRED", "set constraints all deferred");
    check(
        "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ WRITE, NOT DEFERRABLE",
        "set transaction isolation level $1 read, $2 write, $3 deferrable",
    );
    check("SET local.a = 1", "set local.a = $1");
}

#[test]
fn every_constant_of_a_query_is_replaced() {
    check(
        "SELECT 1, -2, a -3, .5, 'x', E'\\'', $$y$$, B'0', TRUE, null, N'z', U&'!0041' UESCAPE '!'",
        "select $1, $2, a -$3, $4, $5, $6, $7, $8, $9, $10, n$11, $12 uescape '!'",
    );
    check(
        "SELECT a FROM t WHERE b IS NOT NULL AND c IS TRUE AND NOT false AND d = -1::int",
        "select a from t where b is not null and c is true and not $1 and d = -$2::int",
    );
    check("SELECT date '2020-01-01', interval '1' day", "select date $1, interval $2 day");
    check("SELECT EXTRACT(year FROM a), a[1]", "select extract($1 from a), a[$2]");
}

#[test]
fn modifiers_of_types_and_numbers_of_columns_stay() {
    check(
        "SELECT a::numeric(5,2)[3], CAST(1 AS char(2)), numeric(5,2) '1', current_time(3), \
         interval '1' second(3), timestamp(3) with time zone 'now'",
        "select a::numeric(5,2)[3], cast($1 as char(2)), numeric(5,2) $2, current_time(3), \
         interval $3 second(3), timestamp(3) with time zone $4",
    );
    check(
        "SELECT a, 1 FROM f(2) AS t(a varchar(3)) GROUP BY 1, 2 ORDER BY 1 DESC, 2 + 0",
        "select a, $1 from f($2) as t(a varchar(3)) group by 1, 2 order by 1 desc, $3 + $4",
    );
}

#[test]
fn numbers_count_in_the_order_of_the_syntax_tree() {
    check("SELECT 1 LIMIT 2 OFFSET 3", "select $1 limit $3 offset $2");
    check("WITH x AS (SELECT 1) SELECT 2", "with x as (select $2) select $1");
    check("UPDATE t SET a = 1 FROM u WHERE b = 2", "update t set a = $1 from u where b = $2");
    check(
        "UPDATE t SET a = 1 FROM (SELECT 2) u WHERE b = 3 RETURNING 4",
        "update t set a = $1 from (select $3) u where b = $2 returning $4",
    );
    check("SELECT 1 UNION SELECT 2 LIMIT 3", "select $2 union select $3 limit $1");
    check("SELECT a HAVING b > 1 ORDER BY c + 2", "select a having b > $2 order by c + $1");
    check(
        "SELECT position('a' IN 'b'), trim('c' FROM 'd')",
        "select position($2 in $1), trim($4 from $3)",
    );
    check("SELECT '1' AT TIME ZONE 'UTC', 3", "select $2 at time zone $1, $3");
    check(
        "WITH x AS (SELECT 1) INSERT INTO t SELECT 2 LIMIT 3 ON CONFLICT (a) DO UPDATE SET a = 4 RETURNING 5",
        "with x as (select $5) insert into t select $1 limit $2 on conflict (a) do update set a = $3 returning $4",
    );
}

#[test]
fn numbers_count_on_after_the_parameters_of_the_text() {
    check("SELECT $2, 'a'; SET b = 1", "select $2, $3; set b = $4");
    check("SELECT $1 FROM t LIMIT 10", "select $1 from t limit $2");
}

#[test]
fn statements_that_are_no_queries_mostly_stay() {
    for text in [
        "listen c",
        "load 'auto_explain'",
        "execute p (1, 'a')",
        "prepare p as select 1",
        "create temp table t (a varchar(3) default 'x')",
        "create table t as select 1",
        "copy t from stdin with (delimiter ',', null 'x')",
        "begin isolation level read committed",
        "alter role app set work_mem = '1MB'".to_ascii_lowercase().as_str(),
        "fetch 5 from c",
        "explain (costs off) create table t as select 1",
    ] {
        check(text, text);
    }
    check(
        "COPY (SELECT 1) TO STDOUT (DELIMITER ',')",
        "copy (select $1) to stdout (delimiter ',')",
    );
    check("DECLARE c CURSOR FOR SELECT 1", "declare c cursor for select $1");
    check("EXPLAIN (COSTS 0) SELECT 1", "explain (costs 0) select $1");
    check("CALL p(1, 'a')", "call p($1, $2)");
    check("NOTIFY c, 'x'", "notify c, $1");
    check("DO LANGUAGE plpgsql 'x'", "do language plpgsql $1");
}

#[test]
fn passwords_are_replaced() {
    check("CREATE USER app PASSWORD 'secret'", "create user app password $1");
    check(
        "ALTER ROLE app ENCRYPTED PASSWORD 'secret' VALID UNTIL 'infinity'",
        "alter role app encrypted password $1 valid until $2",
    );
    check(
        "CREATE USER MAPPING FOR app SERVER s OPTIONS (user 'a', password 'secret')",
        "create user mapping for app server s options (user $1, password $2)",
    );
    check(
        "CREATE SUBSCRIPTION s CONNECTION 'password=secret' PUBLICATION p",
        "create subscription s connection $1 publication p",
    );
}

#[test]
fn letters_become_small_and_white_space_one_space() {
    check("  SELECT\t \"Ab\"\r\n FROM T ;\n", "select \"ab\" from t ;");
    check("SELECT 1 -- Why\n, 2", "select $1 -- why , $2");
    check("", "");
}

#[test]
fn bytes_that_are_no_utf_8_are_shown_as_such() {
    assert_eq!(digest(b"SET \xe4 = 1"), "set \u{fffd} = $1");
}

#[test]
fn a_digest_is_bounded() {
    assert!(digest(&b"SELECT 1,".repeat(100_000)).len() < 8 * LIMIT);
    assert!(digest(&b"\xff".repeat(100_000)).len() <= 3 * LIMIT);
}
