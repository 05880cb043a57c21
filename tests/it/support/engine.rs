//! Either engine behind an emulator, and a test for each.

use std::sync::{Arc, OnceLock};

use rds_proxy_emulator::{Backend, Cluster, Emulator, Engine, Observer, Options};

/// Makes a test for each engine of each of these functions, which take the engine. They are called
/// `name::postgresql` and `name::mysql`.
macro_rules! by_engine {
    ($($name:ident),+ $(,)?) => { $crate::support::by_engine!(#[tokio::test] $($name),+); };
    (#[$test:meta] $($name:ident),+ $(,)?) => {
        $(mod $name {
            use $crate::support::Engine;

            #[$test]
            async fn postgresql() {
                super::$name(Engine::PostgreSql).await;
            }

            #[$test]
            async fn mysql() {
                super::$name(Engine::MySql).await;
            }
        })+
    };
}
pub(crate) use by_engine;

/// The same, each test in its own network.
macro_rules! by_engine_in_its_own_network {
    ($($name:ident),+ $(,)?) => {
        $(mod $name {
            use $crate::support::Engine;
            use $crate::support::namespace::in_its_own_network;

            /// The test's own name, as the test runner knows it.
            fn named(engine: &str) -> String {
                let (_crate, module) = module_path!().split_once("::").unwrap();
                format!("{module}::{engine}")
            }

            #[test]
            fn postgresql() {
                in_its_own_network(&named("postgresql"), super::$name(Engine::PostgreSql));
            }

            #[test]
            fn mysql() {
                in_its_own_network(&named("mysql"), super::$name(Engine::MySql));
            }
        })+
    };
}
pub(crate) use by_engine_in_its_own_network;

/// One server of each engine for the whole test binary.
pub(crate) fn cluster(engine: Engine) -> Arc<Cluster> {
    static POSTGRESQL: OnceLock<Arc<Cluster>> = OnceLock::new();
    static MYSQL: OnceLock<Arc<Cluster>> = OnceLock::new();
    let cluster = match engine {
        Engine::PostgreSql => &POSTGRESQL,
        Engine::MySql => &MYSQL,
    };
    let start = || {
        let programs = "the server's programs; `make test` installs them";
        let cluster = Cluster::start_of(engine).expect(programs);
        // MariaDB starts again for a standby, which would cut off other tests later.
        if engine == Engine::MySql {
            cluster.standby().unwrap();
        }
        cluster
    };
    Arc::clone(cluster.get_or_init(start))
}

/// An emulator in front of the real server, on this test's runtime.
pub(crate) async fn emulator(engine: Engine) -> Emulator {
    emulator_with(engine, |_| {}).await
}

pub(crate) async fn emulator_with(engine: Engine, change: impl FnOnce(&mut Options)) -> Emulator {
    let (backend, observer) = (Backend::Cluster(cluster(engine)), Some(Observer::default()));
    let mut options = Options { engine, backend, observer, ..Options::default() };
    change(&mut options);
    rds_proxy_emulator::start(options).await.unwrap()
}
