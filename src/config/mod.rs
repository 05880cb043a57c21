//! The function's configuration: the environment, read once into types, or all its problems.
//!
//! The variables are those of `docs/reference.md`. A variable that is set to the empty string
//! counts as unset, since a template passes an unused parameter like that. Nothing here touches the
//! process, the network or a file: the variables are passed in, and a file is only named.

mod arn;
mod auth;
mod connect_to;
mod engine;
mod host;
mod keys;
mod limits;
mod partition;
mod problem;
mod reader;
mod region;
mod suggestion;
#[cfg(test)]
mod tests;
mod user;
mod variables;

use std::path::PathBuf;

pub use arn::{RoleArn, SecretArn};
pub use auth::{AuthMethod, KeySource, RoleToAssume};
pub use connect_to::{SocketHost, SocketTarget};
pub use engine::Engine;
pub use host::{EndpointKind, Host, Resource};
pub use keys::{KeyFlaw, KeyPart, KeyProblem, environment_keys};
pub use limits::Limits;
pub use problem::{Found, Problem, Problems};
pub use region::Region;
pub use suggestion::nearest;
pub use user::{DbName, DbUser, identifier};
pub use variables::{NearMiss, VARIABLES, Variable};

use keys::EnvironmentKeys;
use reader::Reader;
use suggestion::expected;

/// Everything that a probe needs to know.
#[derive(Clone, Debug)]
pub struct Config {
    /// The endpoint, as in the token, in SNI and in the certificate.
    pub endpoint: Endpoint,
    /// Where the socket goes: the endpoint, unless `DB_CONNECT_TO` says otherwise.
    pub socket: SocketTarget,
    /// Whether `DB_CONNECT_TO` chose the socket.
    pub socket_is_elsewhere: bool,
    /// The engine behind it.
    pub engine: Engine,
    /// The database; with PostgreSQL there always is one.
    pub database: Option<DbName>,
    /// How to log in.
    pub auth: AuthMethod,
    /// The keys that sign tokens and calls to AWS.
    pub keys: KeySource,
    /// Where the trust anchors come from.
    pub anchors: AnchorSource,
    /// Which kind of server is expected behind the endpoint.
    pub expected_role: ExpectedRole,
    /// Bounds in time.
    pub limits: Limits,
    /// Whether the control plane is asked after a failure.
    pub explain: bool,
    /// Set variables that were probably meant for one that is not set.
    pub near_misses: Vec<NearMiss>,
}

/// The endpoint that is tested.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Its name, as RDS prints it.
    pub host: Host,
    /// Its port, which is part of the token.
    pub port: u16,
    /// The region that signs.
    pub region: Region,
    /// Where that region is from.
    pub region_source: RegionSource,
}

/// Where the region that signs is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegionSource {
    /// `DB_HOST`.
    HostName,
    /// `DB_REGION`.
    Variable,
    /// `AWS_REGION`, the function's own: `DB_HOST` names none, so it may be the wrong one.
    Ambient,
}

/// Where the trust anchors come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnchorSource {
    /// Those compiled in.
    Bundled,
    /// A PEM file instead.
    File(PathBuf),
}

/// Which kind of server is expected behind the endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpectedRole {
    /// A server that takes writes.
    Writer,
    /// A standby or replica.
    Reader,
    /// Either.
    Any,
}

impl Config {
    /// Reads the variables through `get`.
    ///
    /// # Errors
    /// All problems at once, in the order of `docs/reference.md`.
    pub fn from_vars(get: impl Fn(&str) -> Option<String>) -> Result<Self, Problems> {
        let mut reader = Reader::new(&get);
        let host = reader.required("DB_HOST", "the endpoint's host name", Host::parse);
        let engine = reader.with_default("DB_ENGINE", "postgresql", Engine::parse);
        // What is set must be valid, also if the engine is unknown.
        let assumed = engine.unwrap_or(Engine::PostgreSql);
        let port = reader.port("DB_PORT", assumed.proxy_port());
        let database = read_database(&mut reader, assumed);
        let auth = AuthMethod::read(&mut reader, assumed);
        auth::reject_password(&mut reader);
        let region = read_region(&mut reader, host.as_ref());
        let role = RoleToAssume::read(&mut reader);
        let socket = reader.optional("DB_CONNECT_TO", |text| SocketTarget::parse(text, port));
        let ca_file = reader.optional("DB_CA_FILE", read_ca_file);
        let expected_role = reader.with_default("DB_EXPECT_ROLE", "any", read_expected_role);
        let limits = read_limits(&mut reader, max_concurrency(&get));
        reader.flag("PROBE_FAIL_INVOCATION");
        let explain = reader.flag("PROBE_EXPLAIN");

        let (
            Some(host),
            Some(engine),
            Some(auth),
            Some((region, region_source)),
            Some(expected_role),
            true,
        ) = (host, engine, auth, region, expected_role, reader.is_clean())
        else {
            return Err(reader.into_problems());
        };
        let EnvironmentKeys { keys: environment, profile, providers, problems } =
            EnvironmentKeys::read(&get);
        Ok(Self {
            socket_is_elsewhere: socket.is_some(),
            socket: socket
                .unwrap_or_else(|| SocketTarget { host: SocketHost::Name(host.clone()), port }),
            endpoint: Endpoint { host, port, region, region_source },
            engine,
            database,
            auth,
            keys: KeySource { environment, profile, role, providers, problems },
            anchors: ca_file.map_or(AnchorSource::Bundled, AnchorSource::File),
            expected_role,
            limits,
            explain,
            near_misses: reader.near_misses(),
        })
    }

    /// A set variable that was probably meant for this one, which is not set.
    pub fn near_miss_of(&self, variable: &str) -> Option<&'static str> {
        let near_miss = self.near_misses.iter().find(|near_miss| near_miss.variable == variable)?;
        Some(near_miss.set)
    }
}

/// Whether an unhealthy probe is a function error: read separately, since a bad configuration is
/// answered accordingly too.
pub fn fails_invocation(get: impl Fn(&str) -> Option<String>) -> bool {
    get("PROBE_FAIL_INVOCATION").as_deref() == Some("true")
}

/// `DB_NAME`, else the engine's default, if it has one.
fn read_database(reader: &mut Reader<'_>, engine: Engine) -> Option<DbName> {
    let parse = |text: &str| name_alone(text, |text| DbName::parse(engine, text));
    match engine.default_database() {
        Some(default) => reader.with_default("DB_NAME", default, parse),
        None => reader.optional("DB_NAME", parse),
    }
}

/// `DB_REGION`, else the region in the host's name, else `AWS_REGION`; never a default.
fn read_region(reader: &mut Reader<'_>, host: Option<&Host>) -> Option<(Region, RegionSource)> {
    const FORM: &str = "a region code such as eu-west-1";
    let named = host.and_then(Host::region);
    let explicit = reader.optional("DB_REGION", |text| Region::parse(text).ok_or(FORM));
    match (explicit, named) {
        (Some(explicit), Some(named)) if explicit.as_str() != named.as_str() => {
            let expected = format!("{named}, the region in DB_HOST, or nothing");
            reader.problem(Problem::wrong("DB_REGION", explicit.as_str(), expected));
            None
        }
        (_, Some(region)) => Some((region, RegionSource::HostName)),
        (Some(region), None) => Some((region, RegionSource::Variable)),
        (None, None) if reader.has_problem("DB_REGION") => None,
        (None, None) => {
            let ambient = reader.optional("AWS_REGION", |text| Region::parse(text).ok_or(FORM));
            // Once a host is set, its name may have the region.
            if let (None, Some(host), false) = (&ambient, host, reader.has_problem("AWS_REGION")) {
                let expected = expected_region(host.kind(), reader.is_set("AWS_DEFAULT_REGION"));
                reader.missing("DB_REGION", &expected);
            }
            ambient.map(|region| (region, RegionSource::Ambient))
        }
    }
}

/// What is expected in `DB_REGION` when no region is known.
fn expected_region(kind: EndpointKind, has_default: bool) -> String {
    let whose = match kind {
        EndpointKind::GlobalWriter => "the region of the global database's present writer",
        EndpointKind::Proxy
        | EndpointKind::ProxyEndpoint
        | EndpointKind::Cluster
        | EndpointKind::ClusterCustom
        | EndpointKind::ShardGroup
        | EndpointKind::Instance
        | EndpointKind::OtherRds
        | EndpointKind::Other => "the endpoint's region",
    };
    let note = if has_default { " (AWS_DEFAULT_REGION is not read)" } else { "" };
    format!("{whose}: DB_HOST does not name one, and AWS_REGION is not set{note}")
}

/// Whether a text is a connection string or a secret's JSON, which may hold a password.
fn holds_password(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    ["://", "password=", "\"password\""].iter().any(|mark| lower.contains(mark))
}

/// A name that holds no password: names are reported.
fn name_alone<T>(text: &str, parse: impl FnOnce(&str) -> Result<T, String>) -> Result<T, String> {
    if holds_password(text) {
        return Err("the name alone, not a connection string or a secret".to_owned());
    }
    parse(text)
}

/// The longest path that Linux accepts: `PATH_MAX` less its NUL
/// (<https://man7.org/linux/man-pages/man3/realpath.3.html>).
const PATH_LIMIT: usize = 4_095;

/// A file's path, not its content: PEM certificates, plain or in base64.
fn read_ca_file(text: &str) -> Result<PathBuf, &'static str> {
    let is_content = text.contains("-----BEGIN") || text.starts_with("LS0tLS1CRUdJTi");
    if is_content || holds_password(text) || text.len() > PATH_LIMIT {
        return Err("the path of a PEM file, such as /var/task/ca.pem");
    }
    Ok(PathBuf::from(text))
}

fn read_expected_role(text: &str) -> Result<ExpectedRole, String> {
    match text {
        "writer" => Ok(ExpectedRole::Writer),
        "reader" => Ok(ExpectedRole::Reader),
        "any" => Ok(ExpectedRole::Any),
        _ => Err(expected("writer, reader or any", text, &["writer", "reader", "any"])),
    }
}

fn read_limits(reader: &mut Reader<'_>, max_concurrency: usize) -> Limits {
    use limits::{DEFAULT_SESSION_MAX_AGE_S, DEFAULT_TIMEOUT_MS, SESSION_MAX_AGE_S, TIMEOUT_MS};
    use std::time::Duration;
    let age = reader.number("DB_SESSION_MAX_AGE_S", SESSION_MAX_AGE_S, DEFAULT_SESSION_MAX_AGE_S);
    let timeout = reader.number("PROBE_TIMEOUT_MS", TIMEOUT_MS, DEFAULT_TIMEOUT_MS);
    let session_max_age = Duration::from_secs(age);
    Limits { timeout: Duration::from_millis(timeout), session_max_age, max_concurrency }
}

/// What Lambda sets for managed instances, read as `lambda_runtime` reads it.
fn max_concurrency(get: &impl Fn(&str) -> Option<String>) -> usize {
    get("AWS_LAMBDA_MAX_CONCURRENCY")
        .and_then(|text| text.parse().ok())
        .map_or(1, |n: usize| n.max(1))
}
