//! The steps from credentials to a session that is logged in.

use std::pin::pin;
use std::sync::Arc;

use tokio::net::TcpStream;
use tokio::time::Instant;

use super::attempt::Underway;
use crate::config::{AuthMethod, Config, DbUser, SecretArn};
use crate::connector::Contact;
use crate::probe::failure::{Failure, StepError, within};
use crate::probe::report::{KeyFacts, LoginFacts};
use crate::probe::step::Step;
use crate::session::{
    AuthenticateError, KeptSession, OpenError, Opened, Session, WireError, ask_for_tls,
    authenticate, connect, resolve,
};
use crate::tls::{Encrypted, Handshake, TrustAnchors};
use crate::token::{Login, SecretLogin, SecretSource, read_secret, sign_token};

impl Underway<'_> {
    /// Logs in, with the kept secret if there is one.
    pub(super) async fn log_in(
        &mut self,
        anchors: &TrustAnchors,
        secret: Option<SecretLogin>,
    ) -> Result<KeptSession, Failure> {
        let login = self.prepare_login(secret).await?;
        self.open(&login, anchors).await
    }

    /// The secret's current value, if it differs from the kept one.
    pub(super) async fn rotated(&mut self, kept: &SecretLogin) -> Option<Login> {
        match self.prepare_login(None).await {
            Ok(Login::Password(login)) if login.differs_from(kept) => Some(Login::Password(login)),
            Ok(_) | Err(_) => None,
        }
    }

    /// What to log in with: a token that is signed now, or a secret's login, the kept one if there
    /// is one.
    async fn prepare_login(&mut self, kept: Option<SecretLogin>) -> Result<Login, Failure> {
        match &self.prober.config.auth {
            AuthMethod::Iam { user } => self.signed_token(user).await,
            AuthMethod::Secret { secret } => {
                let login = self.secret_login(secret, kept).await?;
                self.login = Some(LoginFacts {
                    user: login.user.clone(),
                    keys: None,
                    secret_host: login.host.clone(),
                    secret_port: login.port,
                    secret_engine: login.engine,
                });
                Ok(Login::Password(login))
            }
        }
    }

    async fn signed_token(&mut self, user: &DbUser) -> Result<Login, Failure> {
        let prober = self.prober;
        let (config, clock) = (&prober.config, &prober.clock);
        let contact = Contact::default();
        let region = &config.endpoint.region;
        let load = pin!(prober.key_ring.keys(&config.keys, region, clock, &contact));
        let until = self.half_way();
        let keys = self.timed(Step::Credentials, until, Failure::Credentials, load).await;
        self.aws_is_silent = contact.is_unanswered();
        let keys = keys?;
        self.login = Some(LoginFacts {
            user: user.clone(),
            keys: Some(KeyFacts { id: keys.access_key_id().to_owned(), end: keys.expiry() }),
            secret_host: None,
            secret_port: None,
            secret_engine: None,
        });
        let begun = Instant::now();
        let token = sign_token(&config.endpoint, user, &keys, clock.now()).map_err(Failure::Sign);
        let token = self.record(Step::Sign, begun, token)?;
        Ok(Login::Token { user: user.clone(), token })
    }

    /// Reading keys and secret is one step, so they share its time.
    async fn secret_login(
        &mut self,
        secret: &SecretArn,
        kept: Option<SecretLogin>,
    ) -> Result<SecretLogin, Failure> {
        let (begun, until) = (Instant::now(), self.half_way());
        let login = if let Some(kept) = kept {
            Ok(kept)
        } else {
            let contact = Contact::default();
            let read = self.read_secret(secret, until, &contact).await;
            self.aws_is_silent = contact.is_unanswered();
            read
        };
        self.record(Step::Credentials, begun, login)
    }

    async fn read_secret(
        &self,
        secret: &SecretArn,
        until: Instant,
        contact: &Contact,
    ) -> Result<SecretLogin, Failure> {
        let prober = self.prober;
        let (config, clock) = (&prober.config, &prober.clock);
        let region = &config.endpoint.region;
        let keys = prober.key_ring.keys(&config.keys, region, clock, contact);
        let keys = within(until, keys).await.map_err(Failure::Credentials)?;
        let source = SecretSource { arn: secret, engine: config.engine, endpoint: None };
        let read = Box::pin(read_secret(source, keys, clock, contact));
        let login = within(until, read).await.map_err(Failure::Secret)?;
        prober.keep_secret(login.clone());
        Ok(login)
    }

    /// Resolves, connects, encrypts and logs in.
    pub(super) async fn open(
        &mut self,
        login: &Login,
        anchors: &TrustAnchors,
    ) -> Result<KeptSession, Failure> {
        let begun = Instant::now();
        let socket = self.connect().await?;
        let (stream, opened) = self.encrypt(socket, login, anchors).await?;
        let session = self.authenticate(stream, &opened, login).await?;
        let now = self.prober.clock.now();
        let (tls, login_time) = (self.tls.clone(), begun.elapsed());
        Ok(KeptSession { session, tls, signed_in_at: now, last_used_at: now, login_time })
    }

    async fn connect(&mut self) -> Result<TcpStream, Failure> {
        let look_up = pin!(resolve(&self.prober.config.socket));
        let addresses = self.timed(Step::Resolve, self.deadline, Failure::Resolve, look_up).await?;
        // It divides its time among the addresses, so it handles the deadline itself.
        let begun = Instant::now();
        let connected = connect(&addresses, self.deadline).await.map_err(Failure::Connect);
        self.record(Step::Connect, begun, connected)
    }

    /// Asks for TLS and does the handshake. A server that refuses the session before that has not
    /// reached the step: its refusal is the login's.
    async fn encrypt(
        &mut self,
        mut socket: TcpStream,
        login: &Login,
        anchors: &TrustAnchors,
    ) -> Result<(Encrypted, Opened), Failure> {
        let prober = self.prober;
        let Config { endpoint, engine, database, .. } = &prober.config;
        let secrets = login.secrets();
        let handshake =
            Handshake { host: &endpoint.host, anchors, clock: &prober.clock, secrets: &secrets };
        let patience = self.half_way();
        let mut facts = None;
        let begun = Instant::now();
        let encrypted = {
            let encrypt = pin!(async {
                let asked =
                    ask_for_tls(*engine, database.as_ref(), &mut socket, &handshake, patience);
                let opened = asked.await.map_err(|(error, seen)| {
                    facts = seen;
                    error
                })?;
                let (stream, seen) = handshake.make(socket).await;
                facts = seen;
                Ok((stream?, opened))
            });
            within(self.deadline, encrypt).await
        };
        self.tls = facts.map(Arc::new);
        match encrypted {
            Err(StepError::Failed(OpenError::Refused(error))) => {
                let refused = AuthenticateError::Wire(WireError::Refused(error));
                let failure = Failure::Authenticate(StepError::Failed(refused));
                self.record(Step::Authenticate, begun, Err(failure))
            }
            Err(StepError::Failed(OpenError::Encrypt(error))) => {
                self.record(Step::Tls, begun, Err(Failure::Tls(StepError::Failed(error))))
            }
            Err(StepError::TimedOut { after }) => {
                self.record(Step::Tls, begun, Err(Failure::Tls(StepError::TimedOut { after })))
            }
            Ok(encrypted) => self.record(Step::Tls, begun, Ok(encrypted)),
        }
    }

    async fn authenticate(
        &mut self,
        stream: Encrypted,
        opened: &Opened,
        login: &Login,
    ) -> Result<Session, Failure> {
        let database = self.prober.config.database.as_ref();
        let mut asked = None;
        let logged_in = {
            let log_in = pin!(async {
                authenticate(stream, opened, database, login).await.map_err(|(error, request)| {
                    asked = request;
                    error
                })
            });
            self.timed(Step::Authenticate, self.deadline, Failure::Authenticate, log_in).await
        };
        self.asked = asked;
        logged_in
    }
}
