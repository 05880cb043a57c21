//! The database made ready for its clients.
//!
//! Owns the order: roles, the database, what `--init-sql` puts into it, the standby. A server named
//! by URL has its own roles and databases; only the script is run there.

use tokio::time::timeout;

use super::{MissingRoles, Options, environment};
use crate::backend::{
    Backend, Target, create_database, create_roles, make_missing_roles, mysql, run_mysql_script,
    run_script, wait_for_standby,
};
use crate::emulator::StartError;
use crate::engine::Engine;
use crate::users::{Entry, Users};

/// What is behind the emulator.
pub(super) struct Preparation<'a> {
    pub(super) options: &'a Options,
    pub(super) users: &'a Users,
    /// The database that clients connect to.
    pub(super) database: &'a str,
    pub(super) writer: &'a Target,
    pub(super) reader: &'a Target,
    pub(super) ownership: Ownership,
}

/// Whose cluster the database is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ownership {
    /// This emulator's alone.
    Own,
    /// One that emulators share.
    Shared,
    /// None that we may prepare: a server by URL, or nothing.
    Foreign,
}

impl Ownership {
    pub(super) fn of(backend: &Backend) -> Self {
        match backend {
            Backend::Temporary => Self::Own,
            Backend::Cluster(_) => Self::Shared,
            Backend::Url(_) | Backend::Absent => Self::Foreign,
        }
    }
}

impl Preparation<'_> {
    pub(super) async fn run(self) -> Result<(), StartError> {
        let Self { options, users, database, writer, reader, ownership } = self;
        let limit = options.start_timeout;
        let owner = environment::first_user(options);
        let late = |what| move |_elapsed| StartError::TimedOut { what, limit };
        let passwords =
            || users.names().map(|name| (name, users.get(name).and_then(Entry::password)));
        if ownership != Ownership::Foreign {
            let made = async {
                match options.engine {
                    Engine::PostgreSql => {
                        create_roles(writer, users.names(), users.by_token()).await
                    }
                    Engine::MySql => mysql::create_accounts(writer, passwords()).await,
                }
            };
            let made = timeout(limit, made).await.map_err(late("making the users' roles"))?;
            made.map_err(StartError::Roles)?;
            let made = async {
                let is_shared = ownership == Ownership::Shared;
                match options.engine {
                    Engine::PostgreSql => create_database(writer, database, owner, is_shared).await,
                    Engine::MySql => mysql::create_database(writer, database, users.names()).await,
                }
            };
            let made = timeout(limit, made).await.map_err(late("making the database"))?;
            made.map_err(|error| StartError::Database(database.to_owned(), error))?;
        }
        if options.missing_roles == MissingRoles::Make {
            let made = async {
                match options.engine {
                    Engine::PostgreSql => make_missing_roles(writer, database, passwords()).await,
                    Engine::MySql => mysql::make_missing_accounts(writer, passwords()).await,
                }
            };
            let made = timeout(limit, made).await.map_err(late("making the users' roles"))?;
            for name in made.map_err(StartError::Roles)? {
                options.log.line(format_args!("made the role {name:?} at the server of --backend"));
            }
        }
        if let Some(script) = &options.init_sql {
            match options.engine {
                Engine::PostgreSql => run_script(script, writer, database, owner, limit).await?,
                Engine::MySql => run_mysql_script(script, writer, database, limit).await?,
            }
        }
        if let Target::Socket(_) = reader {
            let follows = async {
                match options.engine {
                    Engine::PostgreSql => wait_for_standby(writer, reader).await,
                    Engine::MySql => mysql::wait_for_standby(writer, reader).await,
                }
            };
            let follows = timeout(limit, follows).await.map_err(late("the standby's replay"))?;
            follows.map_err(StartError::Standby)?;
        }
        Ok(())
    }
}
