//! A client's task that is dropped at any of its awaits: its connection to the database is closed,
//! or as if the client had never been there.
//!
//! The pool has one connection. The client's task is dropped after its first poll, after its second
//! one and so on, through login and session, and each time another client asks on what is left.

mod client;
mod database;
mod mysql;

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinSet, yield_now};

use self::client::{Client, leave};
use self::database::Database;
use super::start::{Acceptors, proxy_log, settings};
use super::{Options, protocol};
use crate::backend::Target;
use crate::client::{Connection, Endpoint, Proxy, Socket, serve_client};
use crate::engine::Engine;
use crate::pool::Pool;
use crate::pool::pipeline::tests::{
    alone, bind, copy_data, copy_done, execute, lines, parse, query, sync,
};
use crate::tls::Authority;
use crate::users::{PasswordAuth, PasswordUser, Users};

/// More polls than any session here takes.
const MANY: usize = 3_000;

/// A proxy whose clients' tasks are the test's to poll.
struct Stage {
    engine: Engine,
    listener: TcpListener,
    proxy: Arc<Proxy>,
    endpoint: Arc<Endpoint>,
    database: Database,
    authority: String,
}

/// What became of a task.
#[derive(Debug, PartialEq)]
enum Ended {
    ByItself,
    Dropped,
    /// It waits for something that does not happen.
    Stuck,
}

impl Stage {
    async fn new(engine: Engine) -> Self {
        let database = Database::start(engine).await;
        let asks_for = match engine {
            Engine::PostgreSql => PasswordAuth::Cleartext,
            Engine::MySql => PasswordAuth::MysqlNativePassword,
        };
        let options = Options {
            engine,
            iam_users: Vec::new(),
            password_users: vec![PasswordUser::new("app", "secret")],
            password_auth: Some(asks_for),
            ..Options::default()
        };
        let authority = Authority::new(options.clock.now()).expect("an authority");
        let users = Users::new(&options.iam_users, &options.password_users, options.auth_scheme);
        let users = Arc::new(users.expect("users"));
        let target = Target::Server(database.url());
        let asks = protocol::checked(&options).expect("a way to ask for passwords");
        let settings = settings(&options, protocol::of(asks, &target).await);
        let pool = options.pool.clone();
        let pool = Pool::new(target, pool, Arc::clone(&users), proxy_log(&options), None);
        let acceptors = Acceptors::new(&authority, &options).expect("certificates");
        let endpoint =
            Arc::new(acceptors.endpoint(("default", &options.endpoint_host), false, pool));
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let proxy = Arc::new(Proxy::new(settings, users));
        Self { engine, listener, proxy, endpoint, database, authority: authority.pem() }
    }

    /// A socket to the proxy, and the proxy's end of it.
    async fn connect(&self) -> (TcpStream, Socket, Connection) {
        let address = self.listener.local_addr().expect("an address");
        let tcp = TcpStream::connect(address).await.expect("a socket");
        let (socket, peer) = self.listener.accept().await.expect("a client");
        let (proxy, endpoint) = (Arc::clone(&self.proxy), Arc::clone(&self.endpoint));
        let number = proxy.count_connection();
        (tcp, Socket::new(socket), Connection { proxy, endpoint, peer, number })
    }

    /// A client whose task is left alone.
    async fn client(&self, tasks: &mut JoinSet<()>) -> Client {
        let (tcp, socket, connection) = self.connect().await;
        tasks.spawn(async move { serve_client(socket, &connection).await });
        let client = Client::log_in(self.engine, tcp, &self.endpoint.host, &self.authority).await;
        client.expect("a session")
    }

    /// A client that says all this in small pieces, and whose task is dropped after so many polls.
    /// Returns what it got, if it got to the end.
    async fn interrupted(&self, script: &[Vec<u8>], polls: usize) -> (Ended, Option<Vec<u8>>) {
        let (tcp, socket, connection) = self.connect().await;
        let (engine, host, authority) =
            (self.engine, self.endpoint.host.clone(), self.authority.clone());
        let bytes = [&script.concat()[..], &leave(engine)].concat();
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut client = Client::log_in(engine, tcp, &host, &authority).await?;
            client.say_in_pieces(&bytes).await
        });
        // In a separate task, so that it is polled when it is woken and not otherwise.
        let mut served = JoinSet::new();
        served.spawn(polled(async move { serve_client(socket, &connection).await }, polls));
        let ended = tokio::select! {
            biased;
            ended = served.join_next() => ended.expect("a task").expect("no panic"),
            () = long() => Ended::Stuck,
        };
        let got = match ended {
            Ended::ByItself => tasks.join_next().await.expect("a task").expect("no panic").ok(),
            Ended::Dropped | Ended::Stuck => None,
        };
        (ended, got)
    }
}

/// Polls a task so many times, and drops it.
async fn polled(task: impl Future<Output = ()>, times: usize) -> Ended {
    let (mut task, mut left) = (pin!(task), times);
    poll_fn(|cx| {
        if left > 0 && task.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Ended::ByItself);
        }
        left = left.saturating_sub(1);
        if left == 0 { Poll::Ready(Ended::Dropped) } else { Poll::Pending }
    })
    .await
}

/// Longer than anything takes here that happens at all.
async fn long() {
    for _ in 0..20_000 {
        yield_now().await;
    }
}

/// What another client asks, and what it says to leave nothing behind.
fn questions(engine: Engine) -> (Vec<Vec<u8>>, usize, Vec<u8>) {
    match engine {
        Engine::PostgreSql => {
            let questions = vec![
                query("SELECT 'b'"),
                parse("mine", "SELECT 'b, prepared'"),
                bind("", "mine", 0),
                execute("", 0),
                sync(),
                query("SELECT 'b, again'"),
            ];
            let close = [parse("", ""), b"C\0\0\0\x0aSmine\0".to_vec(), sync()].concat();
            (questions, 3, close)
        }
        Engine::MySql => {
            let questions = vec![mysql::query("SELECT 'b'"), mysql::query("SELECT 'b, again'")];
            (questions, 2, mysql::query("SELECT 'b, at last'"))
        }
    }
}

/// What answers are, to be compared.
fn shown(engine: Engine, answers: &[u8]) -> Vec<String> {
    match engine {
        Engine::PostgreSql => lines(answers),
        Engine::MySql => vec![answers.escape_ascii().to_string()],
    }
}

/// The same of a client that has a server for itself.
fn expected(engine: Engine, script: &[Vec<u8>]) -> Vec<String> {
    match engine {
        Engine::PostgreSql => alone(script),
        Engine::MySql => shown(engine, &mysql::alone(script)),
    }
}

/// Drops a client at each of its awaits, until it gets through; another one asks after each.
async fn drop_at_each_await(engine: Engine, script: &[Vec<u8>]) {
    let (stage, mut tasks) = (Stage::new(engine).await, JoinSet::new());
    let mut other = stage.client(&mut tasks).await;
    let (questions, queries, last) = questions(engine);
    for polls in 0..MANY {
        let (ended, got) = stage.interrupted(script, polls).await;
        assert_ne!(ended, Ended::Stuck, "after {polls} polls");
        let answers = other.ask(&questions.concat(), queries).await;
        assert_eq!(shown(engine, &answers), expected(engine, &questions), "after {polls} polls");
        other.ask(&last, 1).await;
        assert_eq!(stage.database.mixed_up(), Vec::<String>::new(), "after {polls} polls");
        if ended == Ended::ByItself {
            let got = got.expect("all answers");
            assert_eq!(shown(engine, &got), expected(engine, script));
            assert!(polls > 20, "{polls} polls are too few to mean anything");
            return;
        }
    }
    panic!("it does not get through");
}

fn run(test: impl Future<Output = ()>) {
    // What has arrived is looked for after every task, so that pieces stay apart.
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().event_interval(1).build().expect("a runtime").block_on(test);
}

#[test]
fn a_client_dropped_at_any_await_of_simple_queries_leaves_nothing_to_the_next() {
    run(drop_at_each_await(
        Engine::PostgreSql,
        &[
            query("SELECT 'a'"),
            query("BEGIN"),
            query("SELECT 'a, in a transaction'"),
            query("COMMIT"),
            query("SELECT 1/0"),
            query("SELECT 'a, at last'"),
        ],
    ));
}

#[test]
fn a_client_dropped_at_any_await_of_prepared_statements_leaves_nothing_to_the_next() {
    let ask = [bind("", "mine", 0), execute("", 0), sync()];
    let prepare = [parse("mine", "SELECT 'a, prepared'"), sync()];
    run(drop_at_each_await(Engine::PostgreSql, &[&prepare[..], &ask, &ask].concat()));
}

#[test]
fn a_client_dropped_at_any_await_of_a_pipeline_leaves_nothing_to_the_next() {
    let ask = |text| [parse("", text), bind("", "", 0), execute("", 0)];
    let (one, two, three) = (ask("SELECT 'a'"), ask("SELECT 1/0"), ask("SELECT 'a, last'"));
    run(drop_at_each_await(
        Engine::PostgreSql,
        &[&one[..], &two, &[sync()], &three, &[sync()]].concat(),
    ));
}

#[test]
fn a_client_dropped_at_any_await_of_a_copy_leaves_nothing_to_the_next() {
    run(drop_at_each_await(
        Engine::PostgreSql,
        &[
            query("SELECT 'a'"),
            query("COPY t FROM STDIN"),
            copy_data("a row"),
            copy_data("another one"),
            copy_done(),
            query("SELECT 'a, at last'"),
        ],
    ));
}

#[test]
fn a_client_dropped_while_it_waits_for_a_connection_takes_none_with_it() {
    run(async {
        let (stage, mut tasks) = (Stage::new(Engine::PostgreSql).await, JoinSet::new());
        let mut other = stage.client(&mut tasks).await;
        for polls in 0..MANY {
            let begin = [query("SELECT 'b'"), query("BEGIN")];
            let mut got = other.ask(&begin.concat(), 2).await;
            let (ended, _) = stage.interrupted(&[query("SELECT 'a'")], polls).await;
            let rest = [query("COMMIT"), query("SELECT 'b, again'")];
            got.extend(other.ask(&rest.concat(), 2).await);
            assert_eq!(lines(&got), alone(&[begin, rest].concat()), "after {polls} polls");
            assert_eq!(stage.database.mixed_up(), Vec::<String>::new(), "after {polls} polls");
            if ended == Ended::Stuck {
                return;
            }
        }
        panic!("it never waited");
    });
}

#[test]
fn a_mysql_client_dropped_at_any_await_of_queries_leaves_nothing_to_the_next() {
    run(drop_at_each_await(
        Engine::MySql,
        &[
            mysql::query("SELECT 'a'"),
            mysql::query("BEGIN"),
            mysql::query("SELECT 'a, in a transaction'"),
            mysql::query("COMMIT"),
            mysql::query("SELECT 1/0"),
            mysql::query("SELECT 'a, at last'"),
        ],
    ));
}

#[test]
fn a_mysql_client_dropped_at_any_await_of_a_setting_leaves_nothing_to_the_next() {
    run(drop_at_each_await(
        Engine::MySql,
        &[
            mysql::query("SELECT 'a'"),
            mysql::query("SET time_zone = '+01:00'"),
            mysql::query("SELECT 'a, elsewhere'"),
            mysql::query("SELECT 'a, at last'"),
        ],
    ));
}

#[test]
fn a_mysql_client_dropped_at_any_await_of_a_prepared_statement_leaves_nothing_to_the_next() {
    run(drop_at_each_await(
        Engine::MySql,
        &[
            mysql::query("SELECT 'a'"),
            mysql::prepare("DO 1"),
            mysql::execute(),
            mysql::execute(),
            mysql::query("SELECT 'a, at last'"),
        ],
    ));
}

#[test]
fn a_mysql_client_dropped_at_any_await_of_a_file_leaves_nothing_to_the_next() {
    let load = vec![mysql::query("SELECT 'a'"), mysql::query("LOAD DATA LOCAL INFILE 'file'")];
    let file = mysql::file(&["a row", "another one"]);
    let last = vec![mysql::query("SELECT 'a, at last'")];
    run(drop_at_each_await(Engine::MySql, &[load, file, last].concat()));
}
