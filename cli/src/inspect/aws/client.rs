//! One call: built, signed, sent, and sent again if the service says that it is busy.

use std::time::Duration;

use aws_credential_types::Credentials;
use aws_smithy_runtime_api::client::http::HttpConnector as _;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::SdkError;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use rds_proxy_probe::clock::Clock;
use rds_proxy_probe::config::Region;
use rds_proxy_probe::connector::Connector;
use rds_proxy_probe::token::{AwsRefusal, Secrets, SignError, Signer, refusal};
use serde_json::Value;
use tokio::time::{Instant, sleep, timeout_at};

use super::answer::Node;
use super::refused::Refused;
use super::service::{Endpoints, Service};
use crate::inspect::account::Answer;

/// How often a call is made at most.
const ATTEMPTS: u32 = 5;

/// The pause before the second attempt; it doubles.
const PAUSE: Duration = Duration::from_millis(200);

/// The most pages of one list that are read.
const PAGES: usize = 50;

/// All but what a URL may have anywhere:
/// [RFC 3986, section 2.3](https://www.rfc-editor.org/rfc/rfc3986#section-2.3).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The parameters of a call in the query protocol.
pub type Parameters = Vec<(String, String)>;

/// A page of a list, and the parameter that asks for the next one.
pub type Page<T> = (Vec<T>, Option<(&'static str, String)>);

/// Calls services with the same keys until a deadline.
#[derive(Debug)]
pub struct Client<'a> {
    /// Where the services are.
    pub endpoints: Endpoints<'a>,
    /// The region.
    pub region: &'a Region,
    /// The keys that sign.
    pub keys: Credentials,
    /// The time in signatures.
    pub clock: &'a Clock,
    /// When no answer is waited for any longer.
    pub deadline: Instant,
}

/// A call before it is signed.
struct Call {
    service: Service,
    method: &'static str,
    path: String,
    headers: Vec<(&'static str, String)>,
    body: String,
}

impl Client<'_> {
    /// A call in the query protocol, whose answer `read` takes apart.
    ///
    /// # Errors
    /// Why there is no answer.
    pub async fn query<T>(
        &self,
        (service, action): (Service, &str),
        parameters: &Parameters,
        read: impl FnOnce(Node<'_>) -> T,
    ) -> Result<Answer<T>, AwsRefusal> {
        let mut body = format!("Action={action}&Version={}", service.version());
        for (name, value) in parameters {
            body.extend(["&", name, "="]);
            body.extend(utf8_percent_encode(value, RESERVED));
        }
        let form = "application/x-www-form-urlencoded; charset=utf-8".to_owned();
        let headers = vec![("content-type", form)];
        let call = Call { service, method: "POST", path: String::new(), headers, body };
        match self.send(&call).await? {
            Some(text) => Node::read(&text, read).map(Answer::Known).ok_or_else(unreadable),
            None => Ok(Answer::Absent),
        }
    }

    /// All pages of a list.
    ///
    /// # Errors
    /// Why there is no answer.
    pub async fn list<T>(
        &self,
        call: (Service, &str),
        parameters: &Parameters,
        read: impl Fn(Node<'_>) -> Page<T>,
    ) -> Result<Answer<Vec<T>>, AwsRefusal> {
        let (mut all, mut parameters) = (Vec::new(), parameters.clone());
        let own = parameters.len();
        for _ in 0..PAGES {
            match self.query(call, &parameters, &read).await? {
                Answer::Known((items, next)) => {
                    all.extend(items);
                    let Some((name, value)) = next else { break };
                    parameters.truncate(own);
                    parameters.push((name.to_owned(), value));
                }
                Answer::Absent | Answer::Unknown => return Ok(Answer::Absent),
            }
        }
        Ok(Answer::Known(all))
    }

    /// A call in the JSON protocol.
    ///
    /// # Errors
    /// Why there is no answer.
    pub async fn json(
        &self,
        service: Service,
        operation: &str,
        body: &Value,
    ) -> Result<Answer<Value>, AwsRefusal> {
        let headers = vec![
            ("content-type", "application/x-amz-json-1.1".to_owned()),
            ("x-amz-target", format!("{}.{operation}", service.target())),
        ];
        let body = body.to_string();
        self.value(&Call { service, method: "POST", path: String::new(), headers, body }).await
    }

    /// A call of a REST service: the parts of its path, and its query.
    ///
    /// # Errors
    /// Why there is no answer.
    pub async fn get(
        &self,
        service: Service,
        parts: &[&str],
        query: &str,
    ) -> Result<Answer<Value>, AwsRefusal> {
        let encode = |part: &&str| utf8_percent_encode(part, RESERVED).to_string();
        let path = parts.iter().map(encode).collect::<Vec<_>>().join("/") + query;
        let (headers, body) = (vec![], String::new());
        self.value(&Call { service, method: "GET", path, headers, body }).await
    }

    async fn value(&self, call: &Call) -> Result<Answer<Value>, AwsRefusal> {
        match self.send(call).await? {
            Some(text) => {
                serde_json::from_str(&text).map(Answer::Known).map_err(|_error| unreadable())
            }
            None => Ok(Answer::Absent),
        }
    }

    /// The answer's body; `None` if what was asked for does not exist.
    async fn send(&self, call: &Call) -> Result<Option<String>, AwsRefusal> {
        let mut pause = PAUSE;
        for attempt in 1..=ATTEMPTS {
            let request = self.signed(call);
            let request =
                request.map_err(|error| AwsRefusal::NotSent { reason: error.to_string() })?;
            let sent = timeout_at(self.deadline, Connector::default().call(request)).await;
            let silent = || AwsRefusal::Unanswered { reason: "no answer in time".to_owned() };
            let response = sent.map_err(|_elapsed| silent())?;
            let error = match response {
                Err(error) => SdkError::<Refused, HttpResponse>::dispatch_failure(error),
                Ok(response) => {
                    let body = response.body().bytes().unwrap_or_default();
                    let body = String::from_utf8_lossy(body).into_owned();
                    if response.status().is_success() {
                        return Ok(Some(body));
                    }
                    let kind = response.headers().get("x-amzn-errortype").map(str::to_owned);
                    let refused = Refused::read(&body, kind.as_deref());
                    if refused.is_absent() {
                        return Ok(None);
                    }
                    let is_busy = refused.is_throttled() || is_fault(response.status().as_u16());
                    if is_busy && attempt < ATTEMPTS && Instant::now() + pause < self.deadline {
                        sleep(pause).await;
                        pause *= 2;
                        continue;
                    }
                    SdkError::service_error(refused, response)
                }
            };
            return Err(refusal(&error, self.clock, &Secrets::of_keys(&self.keys)));
        }
        Err(unreadable())
    }

    /// The request, signed in its headers.
    fn signed(&self, call: &Call) -> Result<HttpRequest, SignError> {
        let Call { service, method, path, headers, body } = call;
        let url = self.endpoints.url(*service, self.region) + path;
        let signer = Signer {
            keys: &self.keys,
            region: service.signing_region(self.region),
            service: service.signing_name(),
            now: self.clock.now(),
        };
        let headers = headers.iter().map(|(name, value)| (*name, value.as_str()));
        signer.request((method, &url), &headers.collect::<Vec<_>>(), body)
    }
}

/// Whether a status says that the service has a fault that may pass.
fn is_fault(status: u16) -> bool {
    [429, 500, 502, 503, 504].contains(&status)
}

fn unreadable() -> AwsRefusal {
    AwsRefusal::NotSent { reason: "the answer is not in the service's form".to_owned() }
}
