//! The real binary under the Runtime API of a managed instance, which hands out many invocations
//! at once. `runtime_api` beside this file is the one of a function that has one at a time.
//! <https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-rust.html>

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::Vars;
use super::peer::Peer;
use super::runtime_api::{Connection, Output, Posted, Process};

/// The function's binary with many workers that wait for events.
#[derive(Debug)]
pub(crate) struct Managed {
    process: Process,
    waiting: UnboundedReceiver<()>,
    events: Arc<Semaphore>,
    posted: UnboundedReceiver<Posted>,
    _api: Peer,
}

/// What the connections of the Runtime API share.
#[derive(Clone, Debug)]
struct Counter {
    waiting: UnboundedSender<()>,
    events: Arc<Semaphore>,
    given: Arc<AtomicUsize>,
    posted: UnboundedSender<Posted>,
}

impl Managed {
    /// Starts the binary with so many workers.
    pub(crate) async fn start(vars: &Vars, at_once: usize) -> Self {
        let (tell_waiting, waiting) = unbounded_channel();
        let (tell_posted, posted) = unbounded_channel();
        let events = Arc::new(Semaphore::new(0));
        let counter = Counter {
            waiting: tell_waiting,
            events: Arc::clone(&events),
            given: Arc::default(),
            posted: tell_posted,
        };
        let api = Peer::start(move |stream| counter.clone().serve(stream)).await;
        let vars = vars.clone().with("AWS_LAMBDA_MAX_CONCURRENCY", at_once);
        let process = Process::start(&vars, api.address);
        Self { process, waiting, events, posted, _api: api }
    }

    /// Hands out so many empty events in one moment, when as many workers wait for one, and
    /// returns what they post.
    pub(crate) async fn invoke_at_once(&mut self, count: usize) -> Vec<Posted> {
        for _ in 0..count {
            self.waiting.recv().await.unwrap();
        }
        self.events.add_permits(count);
        let mut all = Vec::new();
        for _ in 0..count {
            all.push(self.posted.recv().await.unwrap());
        }
        all
    }

    /// Stops the function and returns all that it wrote.
    pub(crate) async fn stop(self) -> Output {
        self.process.stop().await
    }
}

impl Counter {
    async fn serve(self, stream: TcpStream) {
        let mut connection = Connection::new(stream);
        while let Some(request) = connection.request().await {
            if request.is_next() {
                self.waiting.send(()).unwrap();
                self.events.acquire().await.unwrap().forget();
                let number = self.given.fetch_add(1, Ordering::Relaxed) + 1;
                connection.give(number, b"{}").await;
            } else {
                connection.accept().await;
                // Who no longer listens has enough answers.
                drop(self.posted.send(request));
            }
        }
    }
}
