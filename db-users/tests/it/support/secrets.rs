//! A stand-in for AWS Secrets Manager: an HTTP server on this test's runtime.
//! <https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html>

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// What it does about a request for a secret.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    /// The secret's text.
    Secret(String),
    /// An error code and its message.
    Refused(&'static str, &'static str),
    /// Nothing, for as long as the client waits.
    Silence,
}

/// A running stand-in; dropping it ends it.
pub(crate) struct Secrets {
    address: SocketAddr,
    answers: Arc<Mutex<Answers>>,
    asked: Arc<Mutex<Vec<String>>>,
    _accepting: JoinSet<()>,
}

type Answers = BTreeMap<String, Vec<Answer>>;

impl Secrets {
    /// One that knows no secret yet.
    pub(crate) async fn start() -> Self {
        let answers: Arc<Mutex<Answers>> = Arc::default();
        let given = Arc::clone(&answers);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&asked);
        let mut accepting = JoinSet::new();
        accepting.spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                connections.spawn(serve(stream, Arc::clone(&given), Arc::clone(&kept)));
            }
        });
        Self { address, answers, asked, _accepting: accepting }
    }

    /// What it answers for an ARN in turn, the last for ever.
    pub(crate) fn put(&self, arn: &str, answers: impl Into<Vec<Answer>>) {
        self.answers.lock().unwrap().insert(arn.to_owned(), answers.into());
    }

    /// The value of `AWS_ENDPOINT_URL_SECRETS_MANAGER` that leads here.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The ARNs that were asked for, in that order.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

/// A secret as RDS Proxy reads it.
pub(crate) fn login(user: &str, password: &str) -> Answer {
    Answer::Secret(json!({ "username": user, "password": password }).to_string())
}

async fn serve(stream: TcpStream, answers: Arc<Mutex<Answers>>, asked: Arc<Mutex<Vec<String>>>) {
    let mut stream = BufReader::new(stream);
    while let Some(secret) = read_request(&mut stream).await {
        let before = {
            let mut asked = asked.lock().unwrap();
            asked.push(secret.clone());
            asked.iter().filter(|other| **other == secret).count() - 1
        };
        let gone = Answer::Refused("ResourceNotFoundException", "can't find the secret.");
        let answer = {
            let answers = answers.lock().unwrap();
            let all = answers.get(&secret);
            all.and_then(|all| all.get(before).or_else(|| all.last()).cloned())
        };
        let (status, body) = match answer.unwrap_or(gone) {
            Answer::Secret(text) => (200, json!({ "ARN": secret, "SecretString": text })),
            Answer::Refused(code, message) => (400, json!({ "__type": code, "Message": message })),
            // The client ends it.
            Answer::Silence => return drop(stream.read_u8().await),
        };
        let body = body.to_string();
        let head = format!(
            "HTTP/1.1 {status} Whatever\r\ncontent-type: application/x-amz-json-1.1\r\n\
             content-length: {}\r\n\r\n",
            body.len()
        );
        // The client may be gone; ignore errors.
        drop(stream.write_all(&[head.as_bytes(), body.as_bytes()].concat()).await);
    }
}

/// The secret that the next request asks for; `None` when the client is gone.
async fn read_request(stream: &mut BufReader<TcpStream>) -> Option<String> {
    let (mut line, mut length) = (String::new(), 0);
    loop {
        line.clear();
        stream.read_line(&mut line).await.ok().filter(|read| *read > 0)?;
        match line.trim_end().to_ascii_lowercase().split_once(": ") {
            Some(("content-length", value)) => length = value.parse().ok()?,
            Some(("x-amz-target", value)) => assert_eq!(value, "secretsmanager.getsecretvalue"),
            None if line.trim_end().is_empty() => break,
            Some(_) | None => {}
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    let body: Value = serde_json::from_slice(&body).ok()?;
    Some(body["SecretId"].as_str()?.to_owned())
}
