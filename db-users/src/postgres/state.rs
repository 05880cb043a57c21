//! The current state of the roles that a resource is about.
//!
//! The queries of the catalog and the form of their answers. Every user may read all of it; passwords,
//! which only a superuser may read, are not queried.
//! <https://www.postgresql.org/docs/current/catalogs.html>

use std::collections::BTreeSet;

use rds_proxy_probe::config::DbName;
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::transaction::{Parameter, Transaction};
use crate::change::Elsewhere;
use crate::mark::Mark;
use crate::properties::{Grant, SchemaName, User, UserName};
use crate::statement::StatementFailure;

/// The roles with the mark, and those with a listed user's name.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    pub(crate) roles: Vec<Role>,
}

/// A role.
#[derive(Clone, Debug, Default)]
pub(crate) struct Role {
    pub(crate) name: String,
    /// The comment on it, which may be our mark.
    pub(crate) comment: Option<String>,
    pub(crate) holds_rds_iam: bool,
    /// Whether it was itself granted CONNECT on this database.
    pub(crate) may_connect: bool,
    /// What it was granted in schemas, as far as the master user may revoke it.
    pub(crate) held: BTreeSet<Held>,
}

/// One privilege in one schema.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Held {
    pub(crate) schema: String,
    pub(crate) on: On,
    /// In the words of `GRANT`.
    pub(crate) privilege: String,
}

/// The kind of object of a privilege. Tables and sequences include those that the master user creates
/// later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum On {
    Schema,
    Tables,
    Sequences,
}

const ROLES: &str = "\
    SELECT role.rolname::text, \
        shobj_description(role.oid, 'pg_authid'), \
        EXISTS (SELECT FROM pg_auth_members AS held \
            JOIN pg_roles AS held_role ON held_role.oid = held.roleid \
            WHERE held.member = role.oid AND held_role.rolname = 'rds_iam'), \
        EXISTS (SELECT FROM pg_database AS here, aclexplode(here.datacl) AS entry \
            WHERE here.datname = current_database() AND entry.grantee = role.oid \
            AND entry.privilege_type = 'CONNECT') \
    FROM pg_roles AS role \
    WHERE role.rolname::text = ANY ($1) OR shobj_description(role.oid, 'pg_authid') = $2 \
    ORDER BY 1";

/// Only the master user's own default privileges: it cannot change those of others.
const PRIVILEGES: &str = "\
    SELECT DISTINCT role.rolname::text, held.schema, held.kind, held.privilege_type \
    FROM pg_roles AS role JOIN ( \
        SELECT schema.nspname::text AS schema, 'schema' AS kind, entry.* \
        FROM pg_namespace AS schema, aclexplode(schema.nspacl) AS entry \
        UNION ALL \
        SELECT schema.nspname, CASE relation.relkind WHEN 'S' THEN 'sequences' ELSE 'tables' END, \
            entry.* \
        FROM pg_class AS relation JOIN pg_namespace AS schema \
            ON schema.oid = relation.relnamespace, aclexplode(relation.relacl) AS entry \
        UNION ALL \
        SELECT schema.nspname, \
            CASE later.defaclobjtype WHEN 'S' THEN 'sequences' ELSE 'tables' END, \
            entry.* \
        FROM pg_default_acl AS later JOIN pg_namespace AS schema \
            ON schema.oid = later.defaclnamespace \
            JOIN pg_roles AS owner ON owner.oid = later.defaclrole, \
            aclexplode(later.defaclacl) AS entry \
        WHERE later.defaclobjtype IN ('r', 'S') AND owner.rolname = current_user \
    ) AS held ON held.grantee = role.oid \
    WHERE shobj_description(role.oid, 'pg_authid') = $1 \
        AND held.schema !~ '^pg_' AND pg_has_role(held.grantor, 'USAGE') \
    ORDER BY 1, 2, 3, 4";

const ELSEWHERE: &str = "\
    SELECT role.rolname::text, other.datname::text, count(*) \
    FROM pg_shdepend AS dependency \
        JOIN pg_roles AS role ON role.oid = dependency.refobjid \
        JOIN pg_database AS other ON other.oid = dependency.dbid \
    WHERE dependency.refclassid = 'pg_authid'::regclass \
        AND other.datname <> current_database() \
        AND shobj_description(role.oid, 'pg_authid') = $1 AND role.rolname::text = ANY ($2) \
    GROUP BY 1, 2 ORDER BY 1, 2 LIMIT 1";

const OPEN_SCHEMAS: &str = "\
    SELECT nspname::text FROM pg_namespace \
    WHERE nspname !~ '^pg_' AND has_schema_privilege('public', oid, 'CREATE') \
    ORDER BY 1 LIMIT 1";

/// Objects of extensions are left out: they are RDS's own, and the master user cannot grant on them.
const NOT_GRANTED: &str = "\
    SELECT format('%I.%I', schema.nspname, relation.relname) \
    FROM pg_class AS relation JOIN pg_namespace AS schema ON schema.oid = relation.relnamespace \
    WHERE schema.nspname::text = ANY ($2) \
        AND NOT EXISTS (SELECT FROM pg_depend AS member \
            WHERE member.classid = 'pg_class'::regclass AND member.objid = relation.oid \
            AND member.deptype = 'e') \
        AND CASE \
            WHEN relation.relkind IN ('r', 'p', 'v', 'm', 'f') THEN \
                EXISTS (SELECT FROM unnest($3) AS wanted (privilege) \
                    WHERE NOT has_table_privilege($1, relation.oid, wanted.privilege)) \
            WHEN relation.relkind = 'S' THEN \
                EXISTS (SELECT FROM unnest($4) AS wanted (privilege) \
                    WHERE NOT has_sequence_privilege($1, relation.oid, wanted.privilege)) \
        END \
    ORDER BY 1 LIMIT 1";

impl State {
    /// Reads it.
    pub(crate) async fn read(
        transaction: &Transaction<'_>,
        wanted: &[User],
        mark: &Mark,
    ) -> Result<Self, StatementFailure> {
        let doing = "reading which users there are";
        let names: Vec<&str> = wanted.iter().map(|user| user.name.as_str()).collect();
        let parameters: [Parameter<'_>; 2] =
            [(&names, Type::TEXT_ARRAY), (&mark.as_str(), Type::TEXT)];
        let mut roles = transaction
            .rows(doing, ROLES, &parameters, |row| {
                Ok(Role {
                    name: row.try_get(0)?,
                    comment: row.try_get(1)?,
                    holds_rds_iam: row.try_get(2)?,
                    may_connect: row.try_get(3)?,
                    held: BTreeSet::new(),
                })
            })
            .await?;
        let parameters: [Parameter<'_>; 1] = [(&mark.as_str(), Type::TEXT)];
        let held = transaction.rows(doing, PRIVILEGES, &parameters, read_held).await?;
        for (name, held) in held {
            if let Some(role) = roles.iter_mut().find(|role| role.name == name) {
                role.held.insert(held);
            }
        }
        Ok(Self { roles })
    }

    pub(crate) fn role(&self, name: &UserName) -> Option<&Role> {
        self.roles.iter().find(|role| role.name == name.as_str())
    }
}

impl Role {
    pub(crate) fn has(&self, mark: &Mark) -> bool {
        self.comment.as_deref() == Some(mark.as_str())
    }
}

fn read_held(row: &Row) -> Result<(String, Held), tokio_postgres::Error> {
    let on = match row.try_get(2)? {
        "schema" => On::Schema,
        "tables" => On::Tables,
        _ => On::Sequences,
    };
    let held = Held { schema: row.try_get(1)?, on, privilege: row.try_get(3)? };
    Ok((row.try_get(0)?, held))
}

/// Objects of one of these roles, which are to be dropped, that a session in this database cannot
/// reach.
pub(crate) async fn elsewhere(
    transaction: &Transaction<'_>,
    mark: &Mark,
    dropped: &[&str],
) -> Result<Option<Elsewhere>, StatementFailure> {
    let parameters: [Parameter<'_>; 2] =
        [(&mark.as_str(), Type::TEXT), (&dropped, Type::TEXT_ARRAY)];
    let doing = "looking for objects in other databases";
    let found = transaction.rows(doing, ELSEWHERE, &parameters, |row| {
        Ok(Elsewhere { role: row.try_get(0)?, database: row.try_get(1)?, objects: row.try_get(2)? })
    });
    Ok(found.await?.pop())
}

/// A schema in which every user may create objects, such as `public` before PostgreSQL 15.
/// <https://www.postgresql.org/docs/release/15.0/>
pub(crate) async fn open_schema(
    transaction: &Transaction<'_>,
) -> Result<Option<String>, StatementFailure> {
    let doing = "looking for schemas in which every user may create objects";
    Ok(transaction.rows(doing, OPEN_SCHEMAS, &[], |row| row.try_get(0)).await?.pop())
}

/// What a user is still not allowed to do: a grant without the right to grant is a warning, not an
/// error.
/// <https://www.postgresql.org/docs/current/sql-grant.html> (notes)
pub(crate) async fn not_granted(
    transaction: &Transaction<'_>,
    user: &User,
    database: &DbName,
) -> Result<Option<String>, StatementFailure> {
    let doing = "checking what was granted";
    let name = user.name.as_str();
    let (access, schemas) = match &user.grant {
        Grant::None => return Ok(None),
        Grant::Connect => (None, &[][..]),
        Grant::Schemas { access, schemas } => (Some(access), schemas.as_slice()),
    };
    let sql = "SELECT has_database_privilege($1, current_database(), 'CONNECT')";
    let parameters: [Parameter<'_>; 1] = [(&name, Type::TEXT)];
    let may_connect: Vec<bool> =
        transaction.rows(doing, sql, &parameters, |row| row.try_get(0)).await?;
    if may_connect != [true] {
        return Ok(Some(format!("database {database}")));
    }
    let Some(access) = access else { return Ok(None) };
    let schemas: Vec<&str> = schemas.iter().map(SchemaName::as_str).collect();
    let (tables, sequences) = (access.on_tables(), access.on_sequences());
    let parameters: [Parameter<'_>; 4] = [
        (&name, Type::TEXT),
        (&schemas, Type::TEXT_ARRAY),
        (&tables, Type::TEXT_ARRAY),
        (&sequences, Type::TEXT_ARRAY),
    ];
    Ok(transaction.rows(doing, NOT_GRANTED, &parameters, |row| row.try_get(0)).await?.pop())
}
