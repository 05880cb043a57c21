//! How a client proves who it is.
//!
//! Owns the users that the proxy knows and which method each is asked for: an IAM user for its
//! token in clear, inside TLS; a password user for SCRAM-SHA-256. Knows nothing of databases.
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-connecting.html>

mod scram;

use std::collections::HashMap;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};

use crate::answers;
use crate::end::End;
use crate::options::PasswordUser;
use crate::principal::dbuser_arn;
use crate::proxy::Visit;
use crate::token::{Audience, verify};
use crate::wire::backend::authentication;
use crate::wire::frontend::{MAX_PASSWORD, Message, PASSWORD, read_message};
use crate::wire::{WireError, take, take_cstr};

/// The users that the proxy has an entry for.
pub(crate) struct Users(HashMap<String, Entry>);

/// What the proxy knows about a user.
pub(crate) enum Entry {
    /// `IAMAuth: REQUIRED`.
    Iam,
    /// `IAMAuth: DISABLED`, with the secret's password.
    Password { password: String, verifier: Box<scram::Verifier> },
}

impl Users {
    /// The users by name. One that is named as both is an IAM user.
    pub(crate) fn new(iam: &[String], password: &[PasswordUser]) -> Result<Self, NoRandomness> {
        let mut users = HashMap::new();
        for user in password {
            let verifier = Box::new(scram::Verifier::new(user.password())?);
            let password = user.password().to_owned();
            users.insert(user.name.clone(), Entry::Password { password, verifier });
        }
        users.extend(iam.iter().map(|name| (name.clone(), Entry::Iam)));
        Ok(Self(users))
    }

    /// The entry of a user.
    pub(crate) fn get(&self, name: &str) -> Option<&Entry> {
        self.0.get(name)
    }

    /// Every user's name.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

impl Entry {
    /// The password that the proxy itself can log in with.
    pub(crate) fn password(&self) -> Option<&str> {
        match self {
            Self::Iam => None,
            Self::Password { password, .. } => Some(password),
        }
    }
}

/// The system has no randomness to give.
#[derive(Clone, Copy, Debug)]
pub struct NoRandomness;

/// Asks the client to prove that it is this user, and says `AuthenticationOk` if it does.
pub(crate) async fn authenticate<C>(
    client: &mut C,
    user: &str,
    entry: &Entry,
    visit: &Visit,
) -> Result<(), End>
where
    C: AsyncRead + AsyncWrite + Unpin,
{
    match entry {
        Entry::Iam => iam(client, user, visit).await?,
        Entry::Password { verifier, .. } => sasl(client, user, verifier).await?,
    }
    send(client, &authentication::request(authentication::OK, b"")).await
}

async fn iam<C>(client: &mut C, user: &str, visit: &Visit) -> Result<(), End>
where
    C: AsyncRead + AsyncWrite + Unpin,
{
    send(client, &authentication::request(authentication::CLEARTEXT_PASSWORD, b"")).await?;
    let message = password_message(client).await?;
    let password = take_cstr(&mut message.body.as_slice()).map(String::from_utf8_lossy);
    let token = password.ok_or(WireError::Malformed("a password message without its end"))?;
    let (proxy, endpoint) = (&visit.proxy, &visit.endpoint);
    proxy.remember_password(&token);
    let scope = &proxy.scope;
    let arn = dbuser_arn(&scope.region, &scope.account, &scope.proxy_id, user);
    let audience = Audience {
        host: &endpoint.host,
        port: endpoint.port,
        region: &scope.region,
        user,
        arn: &arn,
    };
    verify(&token, &audience, &proxy.principals, proxy.clock.now()).map_err(|reason| End::Refused {
        refusal: answers::iam_failed(user),
        why: reason.to_string(),
    })
}

async fn sasl<C>(client: &mut C, user: &str, verifier: &scram::Verifier) -> Result<(), End>
where
    C: AsyncRead + AsyncWrite + Unpin,
{
    let offer = [scram::MECHANISM.as_bytes(), b"\0\0"].concat();
    send(client, &authentication::request(authentication::SASL, &offer)).await?;
    let message = password_message(client).await?;
    let mut body = message.body.as_slice();
    if take_cstr(&mut body) != Some(scram::MECHANISM.as_bytes()) {
        let why = "the client chose another SASL mechanism".to_owned();
        return Err(End::Refused { refusal: answers::unsupported_method(), why });
    }
    let length = take::<4>(&mut body).map(u32::from_be_bytes);
    if length.is_none() || length != u32::try_from(body.len()).ok() {
        return Err(WireError::Malformed("a SASL response of another length").into());
    }
    let exchange = verifier.begin(body)?;
    let challenge = exchange.challenge();
    send(client, &authentication::request(authentication::SASL_CONTINUE, challenge)).await?;
    let message = password_message(client).await?;
    let proof = exchange.finish(&message.body)?.ok_or_else(|| End::Refused {
        refusal: answers::wrong_password(user),
        why: "the SCRAM proof does not match".to_owned(),
    })?;
    send(client, &authentication::request(authentication::SASL_FINAL, &proof)).await
}

async fn password_message<C: AsyncRead + Unpin>(client: &mut C) -> Result<Message, End> {
    let message = read_message(client, MAX_PASSWORD).await?;
    if message.tag == PASSWORD {
        return Ok(message);
    }
    let why = format!("the client answered the login with a message {:?}", char::from(message.tag));
    Err(End::Refused { refusal: answers::unsupported_method(), why })
}

pub(crate) async fn send<C: AsyncWrite + Unpin>(client: &mut C, bytes: &[u8]) -> Result<(), End> {
    client.write_all(bytes).await.map_err(WireError::from)?;
    client.flush().await.map_err(WireError::from)?;
    Ok(())
}
