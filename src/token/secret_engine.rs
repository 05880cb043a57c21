//! The engine that a secret names, which may be another one than is tested.

use crate::config::Engine;

/// A database engine, as a secret names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SecretEngine {
    label: &'static str,
    engine: Option<Engine>,
}

/// What the engines are called in secrets
/// (<https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_secret_json_structure.html>)
/// and by RDS, which has variants such as `aurora-mysql` and `sqlserver-ex`.
const ENGINES: &[(&str, &str, Option<Engine>)] = &[
    ("postgres", "PostgreSQL", Some(Engine::PostgreSql)),
    ("mysql", "MySQL", Some(Engine::MySql)),
    ("mariadb", "MariaDB", Some(Engine::MySql)),
    ("sqlserver", "SQL Server", None),
    ("oracle", "Oracle", None),
    ("db2", "Db2", None),
    ("mongo", "MongoDB", None),
    ("docdb", "Amazon DocumentDB", None),
    ("redshift", "Amazon Redshift", None),
];

impl SecretEngine {
    pub(super) fn named(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        let found = ENGINES.iter().find(|(part, ..)| name.contains(part));
        found.map(|(_, label, engine)| Self { label, engine: *engine })
    }

    /// What people call it.
    pub fn label(self) -> &'static str {
        self.label
    }

    /// Whether it is another one than this.
    pub fn differs_from(self, engine: Engine) -> bool {
        self.engine != Some(engine)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_engine_is_known_by_a_part_of_its_name() {
        for (name, label, other_than) in [
            ("mysql", Some("MySQL"), Some(Engine::PostgreSql)),
            ("aurora-mysql", Some("MySQL"), Some(Engine::PostgreSql)),
            ("mariadb", Some("MariaDB"), Some(Engine::PostgreSql)),
            ("postgres", Some("PostgreSQL"), Some(Engine::MySql)),
            ("Aurora-PostgreSQL", Some("PostgreSQL"), Some(Engine::MySql)),
            ("something new", None, None),
        ] {
            let engine = SecretEngine::named(name);
            assert_eq!(engine.map(SecretEngine::label), label, "{name}");
            let differs = [Engine::PostgreSql, Engine::MySql]
                .into_iter()
                .filter(|other| engine.is_some_and(|engine| engine.differs_from(*other)));
            assert_eq!(differs.collect::<Vec<_>>(), Vec::from_iter(other_than), "{name}");
        }
        let other = SecretEngine::named("sqlserver-ex").unwrap();
        assert!(other.differs_from(Engine::PostgreSql) && other.differs_from(Engine::MySql));
    }
}
