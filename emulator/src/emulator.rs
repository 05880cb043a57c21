//! A running emulator: its start, its handle, its end.
//!
//! Owns the order in which things come up (database, roles, certificates, sockets) and go down.
//! Runs on the caller's runtime; nothing of it outlives the [`Emulator`].

use std::fmt;
use std::io::{self, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;

use tempfile::NamedTempFile;
use tokio::net::TcpListener;
use tokio::task::{JoinSet, spawn_blocking};
use tokio_rustls::TlsAcceptor;

use crate::backend::{Cluster, ClusterError, RolesError, Target, create_roles};
use crate::environment;
use crate::fault::{Act, Fault};
use crate::login::{NoRandomness, Users};
use crate::options::{Backend, Options};
use crate::proxy::{ENDPOINT_PORT, Endpoint, Proxy, Scope};
use crate::serve::serve;
use crate::tls::{Authority, TlsError, acceptor};

/// Why an emulator did not start.
#[derive(Debug)]
pub enum StartError {
    /// There is no temporary cluster.
    Cluster(ClusterError),
    /// A user's role could not be made.
    Roles(RolesError),
    /// Certificates could not be made.
    Tls(TlsError),
    /// A socket could not be listened on.
    Listen(SocketAddr, io::Error),
    /// The certificate authority could not be written.
    CaFile(io::Error),
    /// The system has no randomness to give.
    Randomness(NoRandomness),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cluster(error) => error.fmt(f),
            Self::Roles(error) => error.fmt(f),
            Self::Tls(error) => error.fmt(f),
            Self::Listen(address, error) => write!(f, "cannot listen on {address}: {error}"),
            Self::CaFile(error) => write!(f, "cannot write the CA file: {error}"),
            Self::Randomness(NoRandomness) => f.write_str("the system has no randomness to give"),
        }
    }
}

impl std::error::Error for StartError {}

/// A running emulator. Dropping it stops it.
pub struct Emulator {
    // Declared before the cluster: connections go first.
    tasks: JoinSet<()>,
    proxy: Arc<Proxy>,
    address: SocketAddr,
    reader_address: Option<SocketAddr>,
    ca_pem: String,
    ca_file: tempfile::TempPath,
    options: Options,
    cluster: Option<Arc<Cluster>>,
}

impl fmt::Debug for Emulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Emulator")
            .field("address", &self.address)
            .field("reader_address", &self.reader_address)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

/// Starts an emulator on the caller's runtime.
///
/// # Errors
///
/// As [`StartError`] lists them. Whatever had started by then is gone again.
pub async fn start(mut options: Options) -> Result<Emulator, StartError> {
    // Endpoints are issued, and so compared, in lower case.
    options.endpoint_host.make_ascii_lowercase();
    options.reader_host.make_ascii_lowercase();
    let users =
        Users::new(&options.iam_users, &options.password_users).map_err(StartError::Randomness)?;
    let backend = Behind::start(&options).await?;
    if backend.cluster.is_some() {
        let by_token = users.by_token(options.auth_scheme);
        create_roles(&backend.writer, users.names(), by_token).await.map_err(StartError::Roles)?;
    }
    let authority = Authority::new(options.clock.now()).map_err(StartError::Tls)?;
    let mut hosts = vec![options.endpoint_host.as_str()];
    if options.reader_listen.is_some() {
        hosts.push(&options.reader_host);
    }
    let sound = authority.chain(&hosts).and_then(acceptor).map_err(StartError::Tls)?;
    let flawed = flawed(options.fault, &authority, &hosts).map_err(StartError::Tls)?;
    let ca_file = write_ca(&options, &authority.pem(), backend.cluster.as_deref())
        .map_err(StartError::CaFile)?;
    let scope = Scope {
        region: options.region.clone(),
        account: options.account.clone(),
        proxy_id: options.proxy_id.clone(),
    };
    let auth = (options.auth_scheme, options.password_auth);
    let shared = (Arc::clone(&options.clock), options.log.clone(), options.fault);
    let proxy = Arc::new(Proxy::new((users, auth), options.principals.clone(), scope, shared));
    let mut tasks = JoinSet::new();
    let mut listen = async |address: SocketAddr, host: &str, target: Target| {
        let listener = TcpListener::bind(address).await?;
        let bound = listener.local_addr()?;
        let (acceptor, flawed) = (sound.clone(), flawed.clone());
        let (host, port) = (host.to_owned(), ENDPOINT_PORT);
        let endpoint = Arc::new(Endpoint { host, port, acceptor, flawed, target });
        tasks.spawn(serve(listener, Arc::clone(&proxy), endpoint));
        Ok(bound)
    };
    let address = listen(options.listen, &options.endpoint_host, backend.writer)
        .await
        .map_err(|error| StartError::Listen(options.listen, error))?;
    let reader_address = match options.reader_listen {
        None => None,
        Some(wanted) => Some(
            listen(wanted, &options.reader_host, backend.reader)
                .await
                .map_err(|error| StartError::Listen(wanted, error))?,
        ),
    };
    let (ca_pem, cluster) = (authority.pem(), backend.cluster);
    Ok(Emulator { tasks, proxy, address, reader_address, ca_pem, ca_file, options, cluster })
}

impl Emulator {
    /// Where the read/write endpoint listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where the read-only endpoint listens, if there is one.
    pub fn reader_address(&self) -> Option<SocketAddr> {
        self.reader_address
    }

    /// The root of the emulator's certificate authority, as PEM.
    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    /// The file that holds it, removed at the end.
    pub fn ca_file(&self) -> &Path {
        &self.ca_file
    }

    /// The environment that makes the function talk to this emulator.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let reader = self.reader_address.map(reachable);
        environment::variables(&self.options, &self.ca_file, reachable(self.address), reader)
    }

    /// Every password or token that arrived in clear, in order of arrival.
    pub fn passwords_received(&self) -> Vec<String> {
        self.proxy.passwords_received()
    }

    /// How many connections were accepted, whatever became of them.
    pub fn connections_accepted(&self) -> usize {
        self.proxy.connections_accepted()
    }

    /// Stops it and waits until nothing of it is left.
    pub async fn stop(mut self) {
        self.tasks.shutdown().await;
        let cluster = self.cluster.take();
        // Stopping a cluster blocks. It cannot fail; a panic there is already on stderr.
        drop(spawn_blocking(move || drop(cluster)).await);
    }
}

/// What the endpoints stand in front of.
struct Behind {
    writer: Target,
    reader: Target,
    cluster: Option<Arc<Cluster>>,
}

impl Behind {
    async fn start(options: &Options) -> Result<Self, StartError> {
        let with_reader = options.reader_listen.is_some();
        let existing = match &options.backend {
            Backend::Absent => {
                return Ok(Self { writer: Target::Absent, reader: Target::Absent, cluster: None });
            }
            // A URL names one server, and a proxy knows no reader of it.
            Backend::Url(url) => {
                let writer = Target::Server(url.clone());
                return Ok(Self { writer, reader: Target::NoReader, cluster: None });
            }
            Backend::Cluster(cluster) => Some(Arc::clone(cluster)),
            Backend::Temporary => None,
        };
        let (pg_bin, path) = options.programs.clone();
        let started = spawn_blocking(move || {
            let cluster = match existing {
                Some(cluster) => cluster,
                None if pg_bin.is_none() && path.is_none() => Cluster::start()?,
                None => Cluster::start_with(pg_bin, path)?,
            };
            let standby = if with_reader { Some(cluster.standby()?) } else { None };
            Ok((cluster, standby))
        });
        let (cluster, standby) = started
            .await
            .unwrap_or_else(|join| Err(ClusterError::Keeper(join.into())))
            .map_err(StartError::Cluster)?;
        Ok(Self {
            writer: Target::Socket(cluster.socket()),
            reader: standby.map_or(Target::NoReader, Target::Socket),
            cluster: Some(cluster),
        })
    }
}

/// What presents the flaw in the certificate, if the fault is one.
fn flawed(
    fault: Option<Fault>,
    authority: &Authority,
    hosts: &[&str],
) -> Result<Option<TlsAcceptor>, TlsError> {
    let Some(Act::Certificate(flaw)) = fault.map(|fault| fault.act) else { return Ok(None) };
    flaw.chain(authority, hosts).and_then(acceptor).map(Some)
}

/// Writes the root. Beside a cluster it goes into the cluster's folder, which is removed however
/// this process ends.
fn write_ca(
    options: &Options,
    pem: &str,
    cluster: Option<&Cluster>,
) -> io::Result<tempfile::TempPath> {
    const READABLE: u32 = 0o644;
    if let Some(path) = &options.ca_out {
        std::fs::write(path, pem)?;
        return tempfile::TempPath::try_from_path(path);
    }
    let folder = cluster.map_or_else(std::env::temp_dir, |cluster| cluster.folder().to_owned());
    let mut file: NamedTempFile = tempfile::Builder::new()
        .prefix("rds-proxy-emulator-ca-")
        .suffix(".pem")
        .tempfile_in(folder)?;
    file.write_all(pem.as_bytes())?;
    file.as_file().set_permissions(std::fs::Permissions::from_mode(READABLE))?;
    Ok(file.into_temp_path())
}

/// Where a client on this machine reaches a socket that listens on every address.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(match address.ip() {
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    address
}
