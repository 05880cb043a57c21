//! Which statement does what. The second column of each table is what AWS's list says of it.

use super::*;

use Cause::*;
use Verdict::{Doubtful, Free, Pins};

fn check(text: &str, expected: Verdict) {
    assert_eq!(judge(text.as_bytes()), expected, "{text}");
}

fn check_all(expected: Verdict, texts: &[&str]) {
    for text in texts {
        check(text, expected);
        check(&format!("/* SET */ {}", text.to_ascii_lowercase()), expected);
        check(&format!("  ;{text}\n;"), expected);
    }
}

#[test]
fn settings_of_the_session_pin() {
    check_all(
        Pins(Set),
        &[
            "SET search_path = app",
            "SET SESSION search_path TO app, public",
            "set\n/* c */names 'UTF8'",
            "SET TIME ZONE 'UTC'",
            "SET ROLE app",
            "SET SESSION AUTHORIZATION DEFAULT",
            "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
            "SET x TO DEFAULT",
            // A setting whose name begins so.
            "SET local.user_id = 1",
            "SET transaction.x TO 1",
            "SET session = 1",
        ],
    );
    check_all(Pins(Reset), &["RESET ALL", "RESET search_path", "RESET SESSION AUTHORIZATION"]);
}

#[test]
fn settings_of_the_transaction_are_doubtful() {
    check_all(
        Doubtful(SetLocal),
        &[
            "SET LOCAL search_path = app",
            "SET LOCAL ROLE app",
            "SET LOCAL SESSION AUTHORIZATION app",
        ],
    );
    check_all(
        Doubtful(SetTransaction),
        &[
            "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE",
            "SET SESSION TRANSACTION READ ONLY",
            "SET TRANSACTION SNAPSHOT '00000003-0000001B-1'",
        ],
    );
    check_all(Doubtful(SetConstraints), &["SET CONSTRAINTS ALL DEFERRED"]);
}

#[test]
fn a_set_clause_is_no_set_statement() {
    check_all(
        Free,
        &[
            "UPDATE t SET a = 1",
            "INSERT INTO t VALUES (1) ON CONFLICT (a) DO UPDATE SET a = 2",
            "ALTER ROLE app SET search_path = app",
            "ALTER DATABASE app RESET ALL",
            "ALTER SYSTEM SET work_mem = '1MB'",
            "ALTER TABLE t ALTER a SET DEFAULT 1",
            "CREATE FUNCTION f() RETURNS int LANGUAGE sql SET search_path = app AS 'SELECT 1'",
        ],
    );
}

#[test]
fn transactions_are_free() {
    check_all(
        Free,
        &[
            "BEGIN",
            "BEGIN ISOLATION LEVEL SERIALIZABLE, READ ONLY",
            "START TRANSACTION READ WRITE",
            "COMMIT AND CHAIN",
            "ROLLBACK TO SAVEPOINT s",
            "SAVEPOINT s",
            "END",
            "ABORT",
            "PREPARE TRANSACTION 'id'",
            "COMMIT PREPARED 'id'",
        ],
    );
}

#[test]
fn prepared_statements_in_sql_pin() {
    check_all(
        Pins(Prepare),
        &[
            "PREPARE p AS SELECT 1",
            "PREPARE p (int) AS SELECT $1",
            // A prepared statement of that name.
            "PREPARE transaction AS SELECT 1",
        ],
    );
    check_all(
        Pins(Execute),
        &[
            "EXECUTE p (1)",
            "EXPLAIN ANALYZE EXECUTE p",
            "EXPLAIN (COSTS off, ANALYZE) EXECUTE p",
            "CREATE TABLE t AS EXECUTE p",
        ],
    );
    check_all(Pins(Deallocate), &["DEALLOCATE ALL", "DEALLOCATE PREPARE p"]);
    check_all(Pins(Discard), &["DISCARD ALL", "DISCARD TEMP", "DISCARD PLANS"]);
}

#[test]
fn temporary_objects_pin() {
    check_all(
        Pins(TemporaryTable),
        &[
            "CREATE TEMP TABLE t (a int)",
            "CREATE TEMPORARY TABLE IF NOT EXISTS t AS SELECT 1",
            "CREATE LOCAL TEMP TABLE t (a int)",
            "CREATE GLOBAL TEMPORARY TABLE t (a int)",
            "CREATE TABLE pg_temp.t (a int)",
            "CREATE TABLE IF NOT EXISTS \"pg_temp\".t (a int)",
        ],
    );
    check_all(
        Pins(TemporaryView),
        &[
            "CREATE TEMP VIEW v AS SELECT 1",
            "CREATE OR REPLACE TEMP VIEW v AS SELECT 1",
            "CREATE TEMP RECURSIVE VIEW v (a) AS SELECT 1",
            "CREATE VIEW pg_temp.v AS SELECT 1",
        ],
    );
    check_all(
        Pins(TemporarySequence),
        &["CREATE TEMPORARY SEQUENCE s", "CREATE SEQUENCE pg_temp.s"],
    );
    check_all(
        Free,
        &[
            "CREATE TABLE t (temp int)",
            "CREATE UNLOGGED TABLE temp (a int)",
            "CREATE TABLE temp AS SELECT 1",
            "CREATE TABLE pg_temp (a int)",
            "CREATE VIEW v AS SELECT * FROM temp",
            "CREATE INDEX temp ON t (a)",
            "DROP TABLE pg_temp.t",
            "INSERT INTO pg_temp.t VALUES (1)",
        ],
    );
}

#[test]
fn selecting_into_a_temporary_table_is_doubtful() {
    check_all(
        Doubtful(SelectIntoTemporary),
        &[
            "SELECT 1 INTO TEMP t",
            "SELECT a INTO TEMPORARY TABLE t FROM b",
            "SELECT a INTO LOCAL TEMP \"t\" FROM b",
            "WITH x AS (SELECT 1) SELECT * INTO pg_temp.t FROM x",
        ],
    );
    check_all(
        Free,
        &[
            "SELECT 1 INTO t",
            "SELECT * INTO temp FROM b",
            "SELECT 1 INTO temp",
            "INSERT INTO temp VALUES (1)",
            "INSERT INTO temp SELECT 1",
            "MERGE INTO temp USING b ON true WHEN MATCHED THEN DO NOTHING",
        ],
    );
}

#[test]
fn cursors_channels_and_libraries() {
    check_all(
        Pins(DeclaredCursor),
        &["DECLARE c CURSOR FOR SELECT 1", "DECLARE c CURSOR WITH HOLD FOR SELECT 1"],
    );
    check_all(Doubtful(Fetch), &["FETCH 5 FROM c", "MOVE FORWARD ALL IN c"]);
    check_all(Doubtful(Close), &["CLOSE c", "CLOSE ALL"]);
    check_all(Pins(Listen), &["LISTEN c"]);
    check_all(Doubtful(Unlisten), &["UNLISTEN *"]);
    check_all(Doubtful(Notify), &["NOTIFY c, 'x'", "SELECT pg_notify('c', 'x')"]);
    check_all(Pins(Load), &["LOAD 'auto_explain'"]);
}

#[test]
fn functions_count_wherever_they_are_called() {
    check_all(
        Pins(SetConfig),
        &[
            "SELECT set_config('a.b', 'c', false)",
            "SELECT set_config('a.b', 'c', true)",
            "SELECT pg_catalog . set_config ('a', 'b', true)",
            "SELECT \"set_config\"('a', 'b', true)",
            "SELECT 1 FROM t WHERE a = (SELECT set_config('a', 'b', true))",
            "(SELECT set_config('a', 'b', true))",
            "UPDATE t SET a = set_config('a', 'b', true)",
        ],
    );
    check_all(
        Pins(Sequence),
        &[
            "INSERT INTO t VALUES (nextval('s'))",
            "WITH x AS (SELECT 1) SELECT nextval('s') FROM x",
            "SELECT setval('s', 1)",
            "COPY (SELECT nextval('s')) TO STDOUT",
            "CREATE TABLE t AS SELECT nextval('s')",
            "CREATE MATERIALIZED VIEW v AS SELECT nextval('s')",
            "CALL p(nextval('s'))",
            "SELECT * FROM nextval('s')",
            "EXPLAIN (ANALYZE) SELECT nextval('s')",
            "VALUES (nextval('s'))",
        ],
    );
    check_all(Doubtful(SequenceState), &["SELECT currval('s')", "SELECT lastval()"]);
    check_all(
        Pins(AdvisoryLock),
        &[
            "SELECT pg_advisory_lock(1)",
            "SELECT pg_try_advisory_lock(1, 2)",
            "SELECT pg_advisory_lock_shared(1)",
            "SELECT pg_try_advisory_lock_shared(1)",
        ],
    );
    check_all(
        Doubtful(AdvisoryUnlock),
        &["SELECT pg_advisory_unlock(1)", "SELECT pg_advisory_unlock_all()"],
    );
    check_all(
        Free,
        &["SELECT pg_advisory_xact_lock(1)", "SELECT pg_try_advisory_xact_lock_shared(1)"],
    );
}

#[test]
fn what_is_named_like_a_function_is_none() {
    check_all(
        Free,
        &[
            "SELECT nextval FROM t",
            "SELECT 'nextval(1)', $$ set_config( $$ -- nextval(\n",
            "SELECT app.nextval('s')",
            "SELECT nextval_of('s')",
            "INSERT INTO nextval (a) VALUES (1)",
            "DROP FUNCTION nextval(regclass)",
            "GRANT EXECUTE ON FUNCTION setval(regclass, bigint) TO app",
            "CREATE FUNCTION app.nextval(regclass) RETURNS int LANGUAGE sql AS 'SELECT 1'",
        ],
    );
}

#[test]
fn a_name_in_quotes_counts_exactly_as_written() {
    check("SELECT \"set_config\"('a', 'b', true)", Pins(SetConfig));
    check("SELECT \"SET_CONFIG\"('a', 'b', true)", Free);
    check("SELECT \"PG_CATALOG\".set_config('a', 'b', true)", Free);
    check("CREATE TABLE \"PG_TEMP\".t (a int)", Free);
}

#[test]
fn what_a_function_or_block_does_inside_goes_undetected() {
    check_all(
        Free,
        &[
            "DO $$ BEGIN SET search_path = app; PERFORM nextval('s'); END $$",
            "CALL set_everything()",
            "SELECT my_set_config('a', 'b')",
        ],
    );
}

#[test]
fn what_is_only_planned_or_defined_is_doubtful() {
    check_all(Doubtful(SetConfig), &["EXPLAIN SELECT set_config('a', 'b', true)"]);
    check_all(Doubtful(Execute), &["EXPLAIN EXECUTE p", "EXPLAIN (ANALYZE false) EXECUTE p"]);
    check_all(
        Doubtful(Sequence),
        &[
            "CREATE TABLE t (id int DEFAULT nextval('s'))",
            "ALTER TABLE t ALTER id SET DEFAULT nextval('s')",
            "CREATE VIEW v AS SELECT nextval('s')",
            "CREATE RULE r AS ON INSERT TO t DO (SELECT nextval('s'); SELECT 1)",
            "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT nextval('s'); END",
            "EXPLAIN (SELECT nextval('s'))",
        ],
    );
}

#[test]
fn the_strongest_statement_of_a_text_counts_and_of_equals_the_first() {
    check("SELECT 1; SET a = 1; DISCARD ALL", Pins(Set));
    check("CLOSE c; UNLISTEN *", Doubtful(Close));
    // <https://github.com/MagicStack/asyncpg/issues/1153>: pinned for its settings.
    check("SELECT pg_advisory_unlock_all();\nCLOSE ALL;\nUNLISTEN *;\nRESET ALL;", Pins(Reset));
    check("SELECT lastval(), nextval('s')", Pins(Sequence));
    // <https://github.com/bikeshedder/deadpool/issues/57>
    check("CLOSE ALL; SET SESSION AUTHORIZATION DEFAULT; RESET ALL", Pins(Set));
}

#[test]
fn nothing_and_nonsense_are_free() {
    check_all(Free, &["", "-- SET a = 1", "(", ")", "'", "SELECT", "; ;", "TABLE t", "SHOW ALL"]);
}

#[test]
fn a_text_of_more_than_16384_bytes_pins() {
    let padded = |length: usize| format!("SELECT 1{}", " ".repeat(length - 8));
    check(&padded(LIMIT), Free);
    check(&padded(LIMIT + 1), Pins(TooLong));
}
