//! What the rules may use besides the failure itself, and the values of placeholders.

use std::borrow::Cow;
use std::time::Duration;

use super::Site;
use super::placeholder::Placeholder;
use super::rules::socket_name;
use crate::clock::Offset;
use crate::config::{AuthMethod, Config, DbUser, EndpointKind, Engine, Resource, SecretArn};
use crate::explain::{ControlPlane, Proxy, Target};
use crate::health::Route;
use crate::probe::{LoginFacts, StepsBudget};
use crate::session::AuthRequest;
use crate::tls::TlsFacts;
use crate::token::Profile;

/// What the rules may use besides the failure itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct Facts<'a> {
    /// Where the probe runs.
    pub site: Site,
    /// The configuration, if there is one.
    pub config: Option<&'a Config>,
    /// The engine, where it is known without a configuration.
    pub engine: Option<Engine>,
    /// What the handshake showed.
    pub tls: Option<&'a TlsFacts>,
    /// Who logged in, or tried to.
    pub login: Option<&'a LoginFacts>,
    /// How the server asked for the token or the password, if it did.
    pub asked: Option<&'a AuthRequest>,
    /// Where the session leads, if its answer tells.
    pub route: Option<Route>,
    /// What the control plane said, if it was asked.
    pub control_plane: Option<&'a ControlPlane>,
    /// Whether the server at AWS's address accepted a connection and did not answer.
    pub aws_is_silent: bool,
    /// The profile without keys.
    pub profile: Option<&'a Profile>,
    /// How long the steps could take together.
    pub budget: Option<StepsBudget>,
    /// How much of it the last step took.
    pub last_step: Option<Duration>,
    /// How far the server's clock was from this machine's when it last answered.
    pub server_clock: Option<Offset>,
}

/// How the function logs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LoginMethod {
    /// By an IAM token.
    Token,
    /// By a secret's password.
    Password,
}

impl<'a> Facts<'a> {
    /// What answers behind the endpoint, as far as its name tells.
    pub(super) fn resource(&self) -> Resource {
        self.kind().resource()
    }

    /// The kind of the endpoint's name.
    pub(super) fn kind(&self) -> EndpointKind {
        self.config.map_or(EndpointKind::Other, |config| config.endpoint.host.kind())
    }

    /// Where the session leads, for an endpoint whose name does not tell.
    pub(super) fn observed_route(&self) -> Option<Route> {
        match self.resource() {
            Resource::Proxy | Resource::Cluster | Resource::Instance => None,
            Resource::Unknown => self.route,
        }
    }

    /// The engine that is tested, if it is known.
    pub(super) fn known_engine(&self) -> Option<Engine> {
        self.config.map(|config| config.engine).or(self.engine)
    }

    /// The engine that is tested; the default one, if it is unknown.
    pub(super) fn engine(&self) -> Engine {
        self.known_engine().unwrap_or(Engine::PostgreSql)
    }

    /// How the function logs in; by token, if there is no configuration.
    pub(super) fn login_method(&self) -> LoginMethod {
        match self.config.map(|config| &config.auth) {
            Some(AuthMethod::Iam { .. }) | None => LoginMethod::Token,
            Some(AuthMethod::Secret { .. }) => LoginMethod::Password,
        }
    }

    /// Whether `DB_CONNECT_TO` sends the socket elsewhere than `DB_HOST`.
    pub(super) fn is_elsewhere(&self) -> bool {
        self.config.is_some_and(|config| config.socket_is_elsewhere)
    }

    pub(super) fn user(&self) -> Option<&'a DbUser> {
        LoginFacts::user_or_configured(self.login, self.config?)
    }

    /// Where the probe runs, inside a sentence.
    pub(super) fn here(&self) -> &'static str {
        self.site.as_str()
    }

    /// The value for a sentence, a name in quotes; the generic word if it is unknown.
    pub(super) fn say(&self, placeholder: Placeholder) -> Cow<'a, str> {
        match self.value(placeholder) {
            Some(name) if placeholder.is_name() => format!("\"{name}\"").into(),
            Some(value) => value,
            None => placeholder.generic().into(),
        }
    }

    /// A placeholder's value; `None` if it is unknown.
    pub(super) fn value(&self, placeholder: Placeholder) -> Option<Cow<'a, str>> {
        let config = self.config;
        let endpoint = config.map(|config| &config.endpoint);
        let engine = self.known_engine();
        Some(match placeholder {
            Placeholder::Here => self.here().into(),
            Placeholder::Nearby => self.site.nearby().into(),
            Placeholder::Host => endpoint?.host.as_str().into(),
            Placeholder::Port => endpoint?.port.to_string().into(),
            Placeholder::Socket => config?.socket.to_string().into(),
            Placeholder::SocketName => socket_name(config?).into(),
            Placeholder::SocketPort => config?.socket.port.to_string().into(),
            Placeholder::Region => endpoint?.region.as_str().into(),
            Placeholder::Engine => engine?.name().into(),
            Placeholder::ProxyPort => engine?.proxy_port().to_string().into(),
            Placeholder::EngineFamily => engine?.family().into(),
            Placeholder::AuroraEngine => either(engine?, "aurora-postgresql", "aurora-mysql"),
            // https://docs.openssl.org/master/man1/openssl-s_client/
            Placeholder::StartTls => either(engine?, "postgres", "mysql"),
            Placeholder::LogName => either(engine?, "postgresql", "error"),
            Placeholder::Partition => endpoint?.region.partition().into(),
            Placeholder::ServiceSuffix => endpoint?.region.dns_suffix().into(),
            Placeholder::TrustStore => endpoint?.region.trust_store()?.into(),
            Placeholder::Identifier => match endpoint?.host.kind() {
                EndpointKind::Cluster | EndpointKind::Instance => {
                    endpoint?.host.as_str().split('.').next()?.into()
                }
                EndpointKind::Proxy
                | EndpointKind::ProxyEndpoint
                | EndpointKind::ClusterCustom
                | EndpointKind::GlobalWriter
                | EndpointKind::ShardGroup
                | EndpointKind::OtherRds
                | EndpointKind::Other => return None,
            },
            Placeholder::Account => self.proxy()?.account()?.into(),
            Placeholder::Proxy => match (self.proxy(), endpoint?.host.kind()) {
                (Some(proxy), _) => proxy.name.as_str().into(),
                // The name of a default endpoint begins with the proxy's own:
                // https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/rds-proxy-endpoints.html
                (None, EndpointKind::Proxy) => endpoint?.host.as_str().split('.').next()?.into(),
                (None, _) => return None,
            },
            Placeholder::ProxyId => self.proxy()?.id()?.into(),
            Placeholder::Target => self.target()?.id.as_str().into(),
            Placeholder::TargetPort => self.target()?.port?.to_string().into(),
            Placeholder::User => self.user()?.as_str().into(),
            Placeholder::Database => config?.database.as_ref()?.as_str().into(),
            Placeholder::Secret => self.secret()?.as_str().into(),
            Placeholder::SecretRegion => self.secret()?.region().as_str().into(),
            Placeholder::Role => config?.keys.role.as_ref()?.arn.as_str().into(),
            Placeholder::RoleName => {
                let arn = config?.keys.role.as_ref()?.arn.as_str();
                arn.rsplit('/').next()?.into()
            }
            Placeholder::Profile => self.profile?.base.as_str().into(),
        })
    }

    fn proxy(&self) -> Option<&'a Proxy> {
        self.control_plane?.proxy()
    }

    /// A database behind the proxy: one that is not available, if there is one.
    fn target(&self) -> Option<&'a Target> {
        let said = self.control_plane?;
        said.unavailable_targets().next().or_else(|| said.relevant_targets().next())
    }

    fn secret(&self) -> Option<&'a SecretArn> {
        self.config?.auth.secret()
    }
}

/// One of two words, by the engine.
fn either(engine: Engine, postgresql: &'static str, mysql: &'static str) -> Cow<'static, str> {
    match engine {
        Engine::PostgreSql => postgresql.into(),
        Engine::MySql => mysql.into(),
    }
}
