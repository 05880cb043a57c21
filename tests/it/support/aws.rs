//! A small AWS: an HTTP server on this test's runtime that answers as the test's script says, and
//! keeps what it was asked.
//!
//! The function's binary reaches it through `AWS_ENDPOINT_URL_…`. It checks no signature; who
//! signed stands in what was asked. The forms of the answers are those of the services' own
//! protocols: <https://smithy.io/2.0/aws/protocols/aws-query-protocol.html> for STS and RDS,
//! <https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html> for Secrets Manager.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use tokio::io::{
    AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader,
};

use super::Vars;
use super::peer::{Peer, wait_for_end};

/// The services whose endpoints a function can be led to by a variable.
const SERVICES: [&str; 3] = ["STS", "SECRETS_MANAGER", "RDS"];

/// The request id in every answer.
const REQUEST_ID: &str = "00000000-0000-0000-0000-000000000000";

/// A running stub; dropping it ends it.
pub(crate) struct Aws {
    pub(crate) address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    _peer: Peer,
}

/// One request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked {
    /// `AssumeRole`, `GetSecretValue`; of a request that is no call of a service, its path.
    pub(crate) operation: String,
    /// `POST`, `PUT`.
    pub(crate) method: String,
    /// How many times the same was asked before.
    pub(crate) before: usize,
    /// The value of `Authorization`, which names the access key id, region and service.
    pub(crate) authorization: String,
    /// The body's type, if it has one.
    pub(crate) content_type: Option<String>,
    /// The body.
    pub(crate) body: String,
}

/// What the stub does about a request.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    /// Status, content type, body.
    Reply(u16, &'static str, String),
    /// A reply with one more header.
    WithHeader(&'static str, String, Box<Self>),
    /// Nothing, until the client gives up.
    Silence,
}

/// Keys as AWS hands them out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Keys<'a> {
    pub(crate) access_key_id: &'a str,
    pub(crate) secret: &'a str,
    pub(crate) session_token: &'a str,
    /// When they end, in the form of RFC 3339.
    pub(crate) expiration: &'a str,
}

impl Aws {
    /// Starts one that answers every request by `script`.
    pub(crate) async fn start(
        script: impl Fn(&Asked) -> Answer + Clone + Send + Sync + 'static,
    ) -> Self {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&asked);
        let peer =
            Peer::start(move |stream| serve(stream, Arc::clone(&kept), script.clone())).await;
        Self { address: peer.address, asked, _peer: peer }
    }

    /// The same environment, with every service that the function may ask leading here.
    pub(crate) fn lead(&self, vars: Vars) -> Vars {
        let url = format!("http://{}", self.address);
        SERVICES
            .into_iter()
            .fold(vars, |vars, service| vars.with(&format!("AWS_ENDPOINT_URL_{service}"), &url))
    }

    /// What was asked, in that order.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

impl Asked {
    /// The parameter of a query-protocol call.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        let pair = self.body.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
        pair.map(|value| percent_decode_str(value).decode_utf8().unwrap().into_owned())
    }
}

impl Answer {
    /// A secret with this text.
    pub(crate) fn secret(text: impl std::fmt::Display) -> Self {
        Self::json(200, &json!({ "SecretString": text.to_string() }))
    }

    /// A secret of bytes.
    pub(crate) fn binary_secret(bytes: &[u8]) -> Self {
        Self::json(200, &json!({ "SecretBinary": STANDARD.encode(bytes) }))
    }

    /// A refusal of Secrets Manager's.
    pub(crate) fn json_error(status: u16, code: &str, message: &str) -> Self {
        Self::json(status, &json!({ "__type": code, "Message": message }))
    }

    /// The keys of an assumed role.
    /// <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>
    pub(crate) fn assumed(keys: Keys<'_>) -> Self {
        let Keys { access_key_id, secret, session_token, expiration } = keys;
        let body = format!(
            "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
             <AssumeRoleResult><AssumedRoleUser><AssumedRoleId>AROAEXAMPLE:probe</AssumedRoleId>\
             <Arn>arn:aws:sts::123456789012:assumed-role/probe/probe</Arn></AssumedRoleUser>\
             <Credentials><AccessKeyId>{access_key_id}</AccessKeyId>\
             <SecretAccessKey>{secret}</SecretAccessKey>\
             <SessionToken>{session_token}</SessionToken><Expiration>{expiration}</Expiration>\
             </Credentials></AssumeRoleResult><ResponseMetadata><RequestId>{REQUEST_ID}</RequestId>\
             </ResponseMetadata></AssumeRoleResponse>"
        );
        Self::xml(200, body)
    }

    /// A refusal in the query protocol, as STS and RDS write it.
    pub(crate) fn xml_error(status: u16, code: &str, message: &str) -> Self {
        let body = format!(
            "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code>\
             <Message>{message}</Message></Error><RequestId>{REQUEST_ID}</RequestId></ErrorResponse>"
        );
        Self::xml(status, body)
    }

    /// Any answer in the query protocol.
    pub(crate) fn xml(status: u16, body: String) -> Self {
        Self::Reply(status, "text/xml", body)
    }

    /// The keys of a container, as its agent hands them out.
    /// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html>
    pub(crate) fn container(keys: Keys<'_>) -> Self {
        let Keys { access_key_id, secret, session_token, expiration } = keys;
        let keys = json!({
            "AccessKeyId": access_key_id,
            "SecretAccessKey": secret,
            "Token": session_token,
            "Expiration": expiration,
        });
        Self::json(200, &keys)
    }

    /// What is no AWS service's: a web proxy's page, a captive portal's.
    pub(crate) fn html(status: u16, body: &str) -> Self {
        Self::Reply(status, "text/html", body.to_owned())
    }

    /// The same with one more header.
    pub(crate) fn header(self, name: &'static str, value: impl std::fmt::Display) -> Self {
        Self::WithHeader(name, value.to_string(), Box::new(self))
    }

    fn json(status: u16, body: &Value) -> Self {
        Self::Reply(status, "application/x-amz-json-1.1", body.to_string())
    }
}

pub(crate) async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    asked: Arc<Mutex<Vec<Asked>>>,
    script: impl Fn(&Asked) -> Answer,
) {
    let mut stream = BufReader::new(stream);
    while let Some(mut request) = read_request(&mut stream).await {
        let answer = {
            let mut asked = asked.lock().unwrap();
            request.before =
                asked.iter().filter(|other| other.operation == request.operation).count();
            asked.push(request.clone());
            script(&request)
        };
        let mut more = String::new();
        let mut answer = answer;
        while let Answer::WithHeader(name, value, rest) = answer {
            more.extend([name, ": ", &value, "\r\n"]);
            answer = *rest;
        }
        let Answer::Reply(status, kind, body) = answer else {
            return wait_for_end(&mut stream).await;
        };
        let length = body.len();
        let head = format!(
            "HTTP/1.1 {status} Whatever\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\
             x-amzn-requestid: {REQUEST_ID}\r\n{more}\r\n"
        );
        // A client that has given up needs no answer.
        drop(stream.write_all(&[head.as_bytes(), body.as_bytes()].concat()).await);
    }
}

/// The next request; `None` when the client is gone.
async fn read_request(stream: &mut BufReader<impl AsyncRead + Unpin>) -> Option<Asked> {
    let mut asked = Asked::default();
    let mut length = 0;
    let mut line = String::new();
    stream.read_line(&mut line).await.ok().filter(|read| *read > 0)?;
    let (method, path) = line.split_once(' ')?;
    method.clone_into(&mut asked.method);
    path.split(' ').next()?.clone_into(&mut asked.operation);
    loop {
        line.clear();
        stream.read_line(&mut line).await.ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().ok()?,
            "content-type" => asked.content_type = Some(value.to_owned()),
            "authorization" => value.clone_into(&mut asked.authorization),
            // `secretsmanager.GetSecretValue`
            "x-amz-target" => value.rsplit('.').next()?.clone_into(&mut asked.operation),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    asked.body = String::from_utf8(body).ok()?;
    if let Some(action) = asked.parameter("Action") {
        asked.operation = action;
    }
    Some(asked)
}
