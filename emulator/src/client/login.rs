//! The messages by which a client logs in, one method after the other.
//!
//! Owns asking, reading the answer and judging it. A method that the proxy does not offer is asked
//! for by a fault alone, and no answer to it is right.
//! <https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-START-UP>

use postgres_protocol::authentication::md5_hash;

use super::end::End;
use super::perform::perform;
use super::proxy::{Connection, Protocol};
use super::send;
use super::socket::Client;
use crate::fault::Point;
use crate::texts;
use crate::texts::log::PasswordRejected;
use crate::users::{Entry, MECHANISM, Method, Verifier, random};
use crate::wire::backend::authentication;
use crate::wire::frontend::{MAX_PASSWORD, PASSWORD, read_message};
use crate::wire::startup::Names;
use crate::wire::{WireError, take, take_cstr};

/// Asks the client to log in as this user, and says `AuthenticationOk` if it does.
pub(super) async fn authenticate<C: Client>(
    client: &mut C,
    names: Names<'_>,
    entry: &Entry,
    connection: &Connection,
) -> Result<(), End> {
    let proxy = &connection.proxy;
    let usual = || match &proxy.settings.protocol {
        Protocol::PostgreSql { passwords } if !proxy.users.asks_for_token(entry) => *passwords,
        Protocol::PostgreSql { .. } | Protocol::MySql(_) => Method::Token,
    };
    let method = connection.method().unwrap_or_else(usual);
    Login { client: &mut *client, names, entry, connection }.run(method).await?;
    send(client, &authentication::request(authentication::OK, b"")).await
}

/// A client that is to prove that it is a user.
struct Login<'a, C> {
    client: &'a mut C,
    names: Names<'a>,
    entry: &'a Entry,
    connection: &'a Connection,
}

impl<C: Client> Login<'_, C> {
    /// Runs one method.
    async fn run(mut self, method: Method) -> Result<(), End> {
        match method {
            Method::Token => self.token().await,
            Method::Cleartext => self.cleartext().await,
            Method::Scram => self.scram().await,
            Method::Md5 => self.md5().await,
            Method::ScramPlus => {
                self.unsupported(authentication::SASL, b"SCRAM-SHA-256-PLUS\0\0").await
            }
            Method::Unasked => Ok(()),
            Method::Kerberos => self.unsupported(authentication::KERBEROS, b"").await,
            Method::Gss => self.unsupported(authentication::GSS, b"").await,
        }
    }

    async fn token(&mut self) -> Result<(), End> {
        let token = self.password().await?;
        let user = self.names.user;
        self.connection.verify(&token, user).map_err(|reason| End::Refused {
            refusal: texts::iam_failed(user),
            why: reason.to_string(),
        })
    }

    async fn cleartext(&mut self) -> Result<(), End> {
        let password = self.password().await?;
        self.accept(self.entry.password() == Some(&password), "the password is another")
    }

    async fn md5(&mut self) -> Result<(), End> {
        let salt = random::<4>()?;
        let answer = self.ask(authentication::MD5_PASSWORD, &salt).await?;
        let user = self.names.user.as_bytes();
        let expected =
            self.entry.password().map(|password| md5_hash(user, password.as_bytes(), salt) + "\0");
        self.accept(
            expected.is_some_and(|expected| expected.as_bytes() == answer),
            "the MD5 is another",
        )
    }

    async fn scram(&mut self) -> Result<(), End> {
        match self.entry {
            Entry::Password { verifier, .. } => self.scram_against(verifier).await,
            Entry::Iam => {
                // A secret whose password is not known here.
                let password: String = random::<16>()?.map(char::from).iter().collect();
                self.scram_against(&Verifier::new(&password)?).await
            }
        }
    }

    async fn scram_against(&mut self, verifier: &Verifier) -> Result<(), End> {
        let offer = [MECHANISM.as_bytes(), b"\0\0"].concat();
        let answer = self.ask(authentication::SASL, &offer).await?;
        let mut first = answer.as_slice();
        if take_cstr(&mut first) != Some(MECHANISM.as_bytes()) {
            return Err(unsupported("the client chose another SASL mechanism"));
        }
        let length = take::<4>(&mut first).map(u32::from_be_bytes);
        if length.is_none() || length != u32::try_from(first.len()).ok() {
            return Err(WireError::Malformed("a SASL response of another length").into());
        }
        let exchange = verifier.begin(first, random()?)?;
        let challenge =
            authentication::request(authentication::SASL_CONTINUE, exchange.challenge());
        send(self.client, &challenge).await?;
        let proof = exchange.finish(&self.answer().await?)?;
        self.accept(proof.is_some(), "the SCRAM proof does not match")?;
        let proof = proof.unwrap_or_default();
        send(self.client, &authentication::request(authentication::SASL_FINAL, &proof)).await
    }

    async fn unsupported(&mut self, code: u32, rest: &[u8]) -> Result<(), End> {
        self.ask(code, rest).await?;
        Err(unsupported("the method is not the proxy's"))
    }

    /// Asks for the password in clear, and shows it to a test's observer.
    async fn password(&mut self) -> Result<String, End> {
        let answer = self.ask(authentication::CLEARTEXT_PASSWORD, b"").await?;
        let password = take_cstr(&mut answer.as_slice()).map(String::from_utf8_lossy);
        let password = password.ok_or(WireError::Malformed("a password without its end"))?;
        self.connection.proxy.show_password(&password);
        Ok(password.into_owned())
    }

    /// Asks, and takes the first answer, where a fault may be due.
    async fn ask(&mut self, code: u32, rest: &[u8]) -> Result<Vec<u8>, End> {
        send(self.client, &authentication::request(code, rest)).await?;
        let answer = self.answer().await?;
        if let Some(action) = self.connection.action(Point::Password) {
            perform(action, self.client, self.names).await?;
        }
        Ok(answer)
    }

    async fn answer(&mut self) -> Result<Vec<u8>, End> {
        let message = read_message(self.client, MAX_PASSWORD).await?;
        if message.tag == PASSWORD {
            return Ok(message.body);
        }
        let tag = char::from(message.tag);
        Err(unsupported(&format!("the client answered the login with a message {tag:?}")))
    }

    fn accept(&self, right: bool, why: &str) -> Result<(), End> {
        if right {
            return Ok(());
        }
        self.connection.debug_line("INFO", &PasswordRejected(self.names.user));
        let refusal = texts::wrong_password(self.names.user);
        Err(End::Refused { refusal, why: why.to_owned() })
    }
}

fn unsupported(why: &str) -> End {
    End::Refused { refusal: texts::unsupported_method(), why: why.to_owned() }
}
