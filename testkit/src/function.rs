//! A function's binary as Lambda starts it, under a Runtime API.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{Read as _, Seek as _};
use std::path::Path;

use serde_json::Value;
use tokio::process::Child;

use crate::process::{command, is_stopped, signal, status_kib, until};
use crate::runtime_api::{Request, RuntimeApi};

/// The function's process. What it writes goes to files, which never make it wait for a reader.
#[derive(Debug)]
pub struct Process {
    child: Child,
    stdout: File,
    stderr: File,
}

/// Everything that a function wrote until it ended.
#[derive(Debug)]
pub struct Output {
    /// What it wrote to standard output.
    pub stdout: String,
    /// What it wrote to standard error.
    pub stderr: String,
    /// The most memory it had resident until it was stopped, in KiB.
    pub peak_kib: u64,
}

/// What a function posted.
#[derive(Debug)]
pub struct Posted {
    /// Where: it names the invocation, and whether this is a response or an error.
    pub path: String,
    /// What.
    pub body: Vec<u8>,
}

/// A function that waits for its next events.
#[derive(Debug)]
pub struct Running {
    /// Its process.
    pub process: Process,
    api: RuntimeApi,
    /// Its requests for events.
    waiting: Vec<Request>,
    invocations: usize,
}

impl Running {
    /// Starts a program with nothing in its environment but `variables` and what Lambda sets, and
    /// waits until it asks for an event. It has the program's name.
    pub async fn start(
        program: &str,
        variables: impl IntoIterator<Item = (impl AsRef<OsStr>, impl AsRef<OsStr>)>,
    ) -> Self {
        let api = RuntimeApi::start().await;
        let name = Path::new(program).file_name().unwrap().to_str().unwrap();
        let [stdout, stderr] = [(); 2].map(|()| tempfile::tempfile().unwrap());
        let mut command = command(program);
        command.env_clear().envs(variables).envs(api.variables(&format!("{name}-under-test")));
        command.stdout(stdout.try_clone().unwrap()).stderr(stderr.try_clone().unwrap());
        let process = Process { child: command.spawn().unwrap(), stdout, stderr };
        let mut running = Self { process, api, waiting: Vec::new(), invocations: 0 };
        running.wait_for(1).await;
        running
    }

    /// Gives the function one event and waits for what it posts.
    pub async fn invoke(&mut self, event: &[u8]) -> Posted {
        self.give(event).await;
        self.posted().await
    }

    /// Gives the function one event, and refuses what it posts.
    pub async fn refuse(&mut self, event: &[u8]) {
        self.give(event).await;
        self.request().await.refuse().await.unwrap();
    }

    /// Hands out so many empty events in one moment, when as many workers wait for one, and returns
    /// what they post.
    /// <https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-rust.html>
    pub async fn invoke_at_once(&mut self, count: usize) -> Vec<Posted> {
        self.wait_for(count).await;
        for _ in 0..count {
            self.give(b"{}").await;
        }
        let mut all = Vec::new();
        for _ in 0..count {
            all.push(self.posted().await);
        }
        all
    }

    /// Gives the function one event and is gone before it is answered; returns all that the
    /// function wrote until it ended.
    pub async fn abandon(mut self, event: &[u8]) -> Output {
        self.give(event).await;
        let Self { process, api, waiting, .. } = self;
        drop((api, waiting));
        process.ended().await
    }

    /// Stops the function and returns all that it wrote.
    pub async fn stop(self) -> Output {
        self.process.stop().await
    }

    async fn give(&mut self, event: &[u8]) {
        self.wait_for(1).await;
        self.invocations += 1;
        let request = self.waiting.pop().unwrap();
        request.give(self.invocations, event).await.unwrap();
    }

    /// Waits until so many workers ask for an event.
    async fn wait_for(&mut self, count: usize) {
        while self.waiting.len() < count {
            let request = self.request().await;
            assert!(request.is_next(), "{request:?}");
            self.waiting.push(request);
        }
    }

    /// The next that is posted, while other workers ask for events.
    async fn posted(&mut self) -> Posted {
        loop {
            let request = self.request().await;
            if request.is_next() {
                self.waiting.push(request);
                continue;
            }
            let (path, body) = request.accept().await.unwrap();
            return Posted { path, body };
        }
    }

    async fn request(&mut self) -> Request {
        self.api.request(&mut self.process.child).await.unwrap()
    }
}

impl Posted {
    /// The response to the invocation.
    pub fn report(&self) -> Value {
        assert!(self.path.ends_with("/response"), "{self:?}");
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The function error in its place.
    pub fn error(&self) -> Value {
        assert!(self.path.ends_with("/error"), "{self:?}");
        serde_json::from_slice(&self.body).unwrap()
    }
}

impl Output {
    /// Every line that was written: all of them are JSON.
    pub fn json_lines(&self) -> Vec<Value> {
        assert_eq!(self.stderr, "");
        self.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

impl Process {
    /// Its id.
    pub fn id(&self) -> u32 {
        self.child.id().unwrap()
    }

    /// Stops it as Lambda does between invocations; nothing of it runs until it is thawed.
    pub async fn freeze(&self) {
        self.signal("-STOP").await;
        // A process gets a signal before it stops.
        let id = self.id().to_string();
        until(|| is_stopped(&id)).await;
    }

    /// Starts it again where it stopped.
    pub async fn thaw(&self) {
        self.signal("-CONT").await;
    }

    async fn signal(&self, name: &str) {
        assert!(signal(name, &self.id().to_string()).await, "{name}");
    }

    /// Stops it and returns all that it wrote.
    async fn stop(mut self) -> Output {
        let peak_kib = status_kib(self.id(), "VmHWM").unwrap();
        self.child.start_kill().unwrap();
        Output { peak_kib, ..self.ended().await }
    }

    /// Waits for its end and returns all that it wrote.
    async fn ended(mut self) -> Output {
        self.child.wait().await.unwrap();
        let [stdout, stderr] = [self.stdout, self.stderr].map(|mut file| {
            let mut text = String::new();
            file.rewind().unwrap();
            file.read_to_string(&mut text).unwrap();
            text
        });
        Output { stdout, stderr, peak_kib: 0 }
    }
}
