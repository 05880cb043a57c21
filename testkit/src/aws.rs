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
use tokio::io::{AsyncRead, AsyncWrite, BufReader};

use crate::http::{Request, read_request, write_response};
use crate::peer::{Peer, wait_for_end};

/// The services whose endpoints a function can be led to by a variable.
const SERVICES: [&str; 3] = ["STS", "SECRETS_MANAGER", "RDS"];

/// The request id in every answer.
const REQUEST_ID: &str = "00000000-0000-0000-0000-000000000000";

/// A running stub; dropping it ends it.
#[derive(Debug)]
pub struct Aws {
    /// Where it listens, without TLS.
    pub address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    _peer: Peer,
}

/// One request.
#[derive(Clone, Debug)]
pub struct Asked {
    /// `AssumeRole`, `GetSecretValue`; of a request that is no call of a service, its path.
    pub operation: String,
    /// `POST`, `PUT`.
    pub method: String,
    /// How many times the same was asked before.
    pub before: usize,
    /// The value of `Authorization`, which names the access key id, region and service.
    pub authorization: String,
    /// The body's type, if it has one.
    pub content_type: Option<String>,
    /// The body.
    pub body: String,
}

/// What the stub does about a request.
#[derive(Clone, Debug)]
pub enum Answer {
    /// Status, content type, body.
    Reply(u16, &'static str, String),
    /// A reply with one more header.
    WithHeader(&'static str, String, Box<Self>),
    /// Nothing, until the client gives up.
    Silence,
}

/// Keys as AWS hands them out.
#[derive(Clone, Copy, Debug)]
pub struct Keys<'a> {
    /// Which keys these are.
    pub access_key_id: &'a str,
    /// The secret access key.
    pub secret: &'a str,
    /// The session token.
    pub session_token: &'a str,
    /// When they expire, in the form of RFC 3339.
    pub expiration: &'a str,
}

impl Aws {
    /// Starts one that answers every request by `script`.
    pub async fn start(script: impl Fn(&Asked) -> Answer + Clone + Send + Sync + 'static) -> Self {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&asked);
        let peer =
            Peer::start(move |stream| serve(stream, Arc::clone(&kept), script.clone())).await;
        Self { address: peer.address, asked, _peer: peer }
    }

    /// The same environment, with every service that a function may ask leading here.
    pub fn lead<V: Extend<(String, String)>>(&self, mut variables: V) -> V {
        let url = format!("http://{}", self.address);
        let name = |service| format!("AWS_ENDPOINT_URL_{service}");
        variables.extend(SERVICES.map(|service| (name(service), url.clone())));
        variables
    }

    /// What was asked, in that order.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

impl Asked {
    fn new(request: Request, earlier: &[Self]) -> Self {
        let text = |name| request.header(name).map(str::to_owned);
        // `secretsmanager.GetSecretValue`
        let target = request.header("x-amz-target").and_then(|target| target.rsplit('.').next());
        let mut asked = Self {
            operation: target.unwrap_or(&request.path).to_owned(),
            authorization: text("authorization").unwrap_or_default(),
            content_type: text("content-type"),
            method: request.method,
            before: 0,
            body: String::from_utf8(request.body).unwrap(),
        };
        if let Some(action) = asked.parameter("Action") {
            asked.operation = action;
        }
        asked.before = earlier.iter().filter(|it| it.operation == asked.operation).count();
        asked
    }

    /// The parameter of a query-protocol call.
    pub fn parameter(&self, name: &str) -> Option<String> {
        let pair = self.body.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
        pair.map(|value| percent_decode_str(value).decode_utf8().unwrap().into_owned())
    }
}

impl Answer {
    /// A secret with this text.
    pub fn secret(text: impl std::fmt::Display) -> Self {
        Self::json(200, &json!({ "SecretString": text.to_string() }))
    }

    /// A secret of bytes.
    pub fn binary_secret(bytes: &[u8]) -> Self {
        Self::json(200, &json!({ "SecretBinary": STANDARD.encode(bytes) }))
    }

    /// A refusal of Secrets Manager's.
    pub fn json_error(status: u16, code: &str, message: &str) -> Self {
        Self::json(status, &json!({ "__type": code, "Message": message }))
    }

    /// The keys of an assumed role.
    /// <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>
    pub fn assumed(keys: Keys<'_>) -> Self {
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
    pub fn xml_error(status: u16, code: &str, message: &str) -> Self {
        let body = format!(
            "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code>\
             <Message>{message}</Message></Error><RequestId>{REQUEST_ID}</RequestId></ErrorResponse>"
        );
        Self::xml(status, body)
    }

    /// Any answer in the query protocol.
    pub fn xml(status: u16, body: String) -> Self {
        Self::Reply(status, "text/xml", body)
    }

    /// The keys of a container, as its agent hands them out.
    /// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html>
    pub fn container(keys: Keys<'_>) -> Self {
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
    pub fn html(status: u16, body: &str) -> Self {
        Self::Reply(status, "text/html", body.to_owned())
    }

    /// The same with one more header.
    #[must_use]
    pub fn header(self, name: &'static str, value: impl std::fmt::Display) -> Self {
        Self::WithHeader(name, value.to_string(), Box::new(self))
    }

    fn json(status: u16, body: &Value) -> Self {
        Self::Reply(status, "application/x-amz-json-1.1", body.to_string())
    }
}

/// Answers the requests of one connection by `script`, and adds them to what was asked.
pub(crate) async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    asked: Arc<Mutex<Vec<Asked>>>,
    script: impl Fn(&Asked) -> Answer,
) {
    let mut stream = BufReader::new(stream);
    while let Ok(Some(request)) = read_request(&mut stream).await {
        let mut answer = {
            let mut asked = asked.lock().unwrap();
            let request = Asked::new(request, &asked);
            asked.push(request.clone());
            script(&request)
        };
        let mut headers = vec![("x-amzn-requestid", REQUEST_ID.to_owned())];
        while let Answer::WithHeader(name, value, rest) = answer {
            headers.push((name, value));
            answer = *rest;
        }
        let Answer::Reply(status, kind, body) = answer else {
            return wait_for_end(&mut stream).await;
        };
        headers.push(("content-type", kind.to_owned()));
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let status = format!("{status} Whatever");
        // A client that has given up needs no answer.
        drop(write_response(&mut stream, &status, &headers, body.as_bytes()).await);
    }
}
