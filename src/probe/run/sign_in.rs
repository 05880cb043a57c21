//! The steps from credentials to a session that is signed in.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::net::TcpStream;
use tokio::time::Instant;

use super::Run;
use crate::config::{AuthMethod, DbUser, SecretArn};
use crate::probe::failure::Failure;
use crate::probe::report::{KeyFacts, LoginFacts};
use crate::probe::step::Step;
use crate::session::{
    AuthenticateError, KeptSession, ResolveError, Session, authenticate, connect, resolve,
};
use crate::tls::{Encrypted, TlsError, TrustAnchors, handshake, negotiate};
use crate::token::{CredentialsError, Proof, SecretError, SecretLogin, read_secret, sign_token};

impl Run<'_> {
    /// What to sign in with: a token signed at this moment, or a secret's login, which is the
    /// kept one if there is one.
    pub(super) async fn proof(&mut self, kept: Option<SecretLogin>) -> Result<Proof, Failure> {
        match &self.prober.config.auth {
            AuthMethod::Iam { user } => self.signed_token(user).await,
            AuthMethod::Secret { secret } => {
                let login = self.secret_login(secret, kept).await?;
                self.login = Some(LoginFacts {
                    user: login.user.clone(),
                    keys: None,
                    secret_host: login.host.clone(),
                    secret_port: login.port,
                });
                Ok(Proof::Password(login))
            }
        }
    }

    async fn signed_token(&mut self, user: &DbUser) -> Result<Proof, Failure> {
        let prober = self.prober;
        let (config, clock) = (&prober.config, &prober.clock);
        let timed_out = |after| Failure::Credentials(CredentialsError::TimedOut { after });
        let load = async {
            let keys = prober.key_ring.keys(&config.keys, &config.endpoint.region, clock).await;
            keys.map_err(Failure::Credentials)
        };
        let until = self.half_way(Instant::now());
        let keys = self.timed(Step::Credentials, until, timed_out, load).await?;
        self.login = Some(LoginFacts {
            user: user.clone(),
            keys: Some(KeyFacts { id: keys.access_key_id().to_owned(), end: keys.expiry() }),
            secret_host: None,
            secret_port: None,
        });
        let begun = Instant::now();
        let token = sign_token(&config.endpoint, user, &keys, clock.now()).map_err(Failure::Sign);
        let token = self.record(Step::Sign, begun, token)?;
        Ok(Proof::Token { user: user.clone(), token })
    }

    async fn secret_login(
        &mut self,
        secret: &SecretArn,
        kept: Option<SecretLogin>,
    ) -> Result<SecretLogin, Failure> {
        let prober = self.prober;
        let (config, clock) = (&prober.config, &prober.clock);
        // Whose silence a timeout is: that of the keys, or that of the secret.
        let has_keys = AtomicBool::new(false);
        let timed_out = |after| {
            Failure::Credentials(if has_keys.load(Ordering::Relaxed) {
                CredentialsError::Secret(SecretError::TimedOut { after })
            } else {
                CredentialsError::TimedOut { after }
            })
        };
        let load = async {
            if let Some(kept) = kept {
                return Ok(kept);
            }
            let keys = prober.key_ring.keys(&config.keys, &config.endpoint.region, clock).await;
            let keys = keys.map_err(Failure::Credentials)?;
            has_keys.store(true, Ordering::Relaxed);
            let login = Box::pin(read_secret(secret, keys)).await.map_err(Failure::Credentials)?;
            prober.keep_secret(login.clone());
            Ok(login)
        };
        let until = self.half_way(Instant::now());
        self.timed(Step::Credentials, until, timed_out, load).await
    }

    /// Resolves, connects, encrypts and signs in.
    pub(super) async fn open(
        &mut self,
        proof: &Proof,
        anchors: &TrustAnchors,
    ) -> Result<KeptSession, Failure> {
        let begun = Instant::now();
        let socket = self.connect().await?;
        let stream = self.encrypt(socket, anchors).await?;
        let session = self.authenticate(stream, proof).await?;
        let now = self.prober.clock.now();
        let (tls, took) = (self.tls.clone(), begun.elapsed());
        Ok(KeptSession { session, tls, born: now, used: now, took })
    }

    async fn connect(&mut self) -> Result<TcpStream, Failure> {
        let target = &self.prober.config.socket;
        let timed_out = |after| Failure::Resolve(ResolveError::TimedOut { after });
        let look_up = async { resolve(target).await.map_err(Failure::Resolve) };
        let addresses = self.timed(Step::Resolve, self.deadline, timed_out, look_up).await?;
        // It divides its time among the addresses, so it holds the clock itself.
        let begun = Instant::now();
        let connected = connect(&addresses, self.deadline).await.map_err(Failure::Connect);
        self.record(Step::Connect, begun, connected)
    }

    async fn encrypt(
        &mut self,
        mut socket: TcpStream,
        anchors: &TrustAnchors,
    ) -> Result<Encrypted, Failure> {
        let prober = self.prober;
        let host = &prober.config.endpoint.host;
        let timed_out = |after| Failure::Tls(TlsError::TimedOut { after });
        let mut facts = None;
        let encrypt = async {
            negotiate(&mut socket).await.map_err(Failure::Tls)?;
            match handshake(socket, host, anchors, &prober.clock).await {
                Ok((stream, seen)) => {
                    facts = seen;
                    Ok(stream)
                }
                Err((error, seen)) => {
                    facts = seen;
                    Err(Failure::Tls(error))
                }
            }
        };
        let encrypted = self.timed(Step::Tls, self.deadline, timed_out, encrypt).await;
        self.tls = facts.map(Arc::new);
        encrypted
    }

    async fn authenticate(&mut self, stream: Encrypted, proof: &Proof) -> Result<Session, Failure> {
        let database = &self.prober.config.database;
        let timed_out = |after| Failure::Authenticate(AuthenticateError::TimedOut { after });
        let sign_in =
            async { authenticate(stream, database, proof).await.map_err(Failure::Authenticate) };
        self.timed(Step::Authenticate, self.deadline, timed_out, sign_in).await
    }
}
