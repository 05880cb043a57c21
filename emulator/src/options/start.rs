//! The start of an emulator.
//!
//! Owns the order in which things come up: database, roles, certificates, files, sockets. Whatever
//! has started when something fails is gone again.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::database::{Ownership, Preparation};
use super::{Options, environment, protocol};
use crate::backend::{Cluster, Targets};
use crate::client::{Endpoint, Protocol, Proxy, Settings, disrupt_later};
use crate::emulator::admin::{self, Shown};
use crate::emulator::ca_file::CaFile;
use crate::emulator::environment::{ADMIN, Variables, file_lines};
use crate::emulator::own_file::OwnFile;
use crate::emulator::serve::serve;
use crate::emulator::{Emulator, StartError, ca_dir, env_file};
use crate::fault::Kind;
use crate::observe::{EndpointMetrics, ProxyLog};
use crate::pool::{Outage, Pool};
use crate::tls::{Authority, TlsError, acceptor};
use crate::users::Users;

/// Starts an emulator on the caller's runtime.
///
/// # Errors
///
/// As [`StartError`] lists them. Whatever had started by then is gone again.
pub async fn start(mut options: Options) -> Result<Emulator, StartError> {
    // Endpoints are issued, and so compared, in lower case.
    options.endpoint_host.make_ascii_lowercase();
    options.reader_host.make_ascii_lowercase();
    let asks = protocol::checked(&options)?;
    let users = Users::new(&options.iam_users, &options.password_users, options.auth_scheme)?;
    let database = environment::database(&options);
    let Targets { writer, reader, cluster } = prepare(&mut options, &users, &database).await?;
    let authority = authority(&mut options)?;
    let acceptors = Acceptors::new(&authority, &options)?;
    let ca_pem = authority.pem();
    let ca_file = ca_file(&options, &ca_pem, cluster.as_deref())?;

    let users = Arc::new(users);
    let outage = options.fault.and_then(|fault| fault.disruption());
    let outage = outage.map(|_disruption| Arc::<Outage>::default());
    let pool = |target| {
        let (settings, users) = (options.pool.clone(), Arc::clone(&users));
        Pool::new(target, settings, users, proxy_log(&options), outage.clone())
    };
    let protocol = protocol::of(asks, &writer).await;
    let pools = [pool(writer), pool(reader)];
    let proxy = Arc::new(Proxy::new(settings(&options, protocol), users));
    let (mut tasks, stop) = (JoinSet::new(), watch::Sender::new(()));
    let opening = Opening { options: &options, acceptors: &acceptors, proxy: &proxy, stop: &stop };
    let Opened { address, reader_address, endpoints } = opening.open(&pools, &mut tasks).await?;
    let mut housekeeping = JoinSet::new();
    for pool in &pools {
        housekeeping.spawn(Arc::clone(pool).tidy());
    }
    if let Some(outage) = outage {
        housekeeping.spawn(disrupt_later(Arc::clone(&proxy), outage, pools.clone()));
    }
    let mut environment = environment::variables(
        &options,
        (ca_file.path(), &database),
        reachable(address),
        reader_address.map(reachable),
    );
    let shown = Shown { proxy: Arc::clone(&proxy), endpoints };
    let admin_address = show(options.admin, shown, &mut housekeeping).await?;
    if let Some(bound) = admin_address {
        environment.push((ADMIN, format!("http://{}", reachable(bound))));
    }
    // Connections are accepted already, since others may wait for the file.
    let env_file = write_env_file(&options, &environment)?;
    Ok(Emulator {
        tasks,
        housekeeping,
        stop,
        proxy,
        pools,
        address,
        reader_address,
        admin_address,
        authority,
        ca_pem,
        ca_file,
        environment,
        env_file,
        cluster,
    })
}

/// Starts what is behind the endpoints, and makes it ready. The backend is taken out of the options:
/// the cluster is to end with the emulator's handle.
async fn prepare(
    options: &mut Options,
    users: &Users,
    database: &str,
) -> Result<Targets, StartError> {
    let ownership = Ownership::of(&options.backend);
    let backend = std::mem::take(&mut options.backend);
    let with_reader = options.reader_listen.is_some();
    let programs = (options.engine, options.programs.clone());
    let targets = Targets::start(backend, programs, options.start_timeout, with_reader).await?;
    let Targets { writer, reader, .. } = &targets;
    Preparation { options, users, database, writer, reader, ownership }.run().await?;
    Ok(targets)
}

/// Who signs the certificates: who is given, or is kept in a folder, or is made now.
fn authority(options: &mut Options) -> Result<Arc<Authority>, StartError> {
    if let Some(authority) = options.authority.take() {
        options.ca_dir = None;
        return Ok(authority);
    }
    let now = options.clock.now();
    let authority = match &options.ca_dir {
        Some(folder) => ca_dir::authority(folder, now)?,
        None => Authority::new(now)?,
    };
    Ok(Arc::new(authority))
}

/// The file that tells clients of it.
fn ca_file(
    options: &Options,
    ca_pem: &str,
    cluster: Option<&Cluster>,
) -> Result<CaFile, StartError> {
    match (&options.ca_out, &options.ca_dir) {
        (None, Some(folder)) => CaFile::kept(folder),
        (wanted, _) => CaFile::write(wanted.as_deref(), ca_pem, cluster),
    }
}

/// What the endpoints are opened with.
struct Opening<'a> {
    options: &'a Options,
    acceptors: &'a Acceptors,
    proxy: &'a Arc<Proxy>,
    stop: &'a watch::Sender<()>,
}

/// The endpoints, and where they listen.
struct Opened {
    address: SocketAddr,
    reader_address: Option<SocketAddr>,
    endpoints: Vec<Arc<Endpoint>>,
}

impl Opening<'_> {
    /// Opens the endpoints: one, or two with a reader.
    async fn open(
        &self,
        [writer, reader]: &[Arc<Pool>; 2],
        tasks: &mut JoinSet<()>,
    ) -> Result<Opened, StartError> {
        let mut endpoints = Vec::new();
        let mut open = async |address, name: &str, host: &str, pool: &Arc<Pool>| {
            let is_read_only = !endpoints.is_empty();
            let endpoint = self.acceptors.endpoint((name, host), is_read_only, Arc::clone(pool));
            let endpoint = Arc::new(endpoint);
            let (listener, bound) =
                listen(address).await.map_err(|error| StartError::Listen(address, error))?;
            endpoints.push(Arc::clone(&endpoint));
            let proxy = Arc::clone(self.proxy);
            tasks.spawn(serve(listener, proxy, endpoint, self.stop.subscribe()));
            Ok::<_, StartError>(bound)
        };
        let options = self.options;
        let address = open(options.listen, "default", &options.endpoint_host, writer).await?;
        let mut reader_address = None;
        if let Some(address) = options.reader_listen {
            let host = &options.reader_host;
            let name = host.split_once('.').map_or(&**host, |(name, _)| name);
            reader_address = Some(open(address, name, host, reader).await?);
        }
        Ok(Opened { address, reader_address, endpoints })
    }
}

/// Serves the page, if it is to be; returns where.
async fn show(
    address: Option<SocketAddr>,
    shown: Shown,
    housekeeping: &mut JoinSet<()>,
) -> Result<Option<SocketAddr>, StartError> {
    let Some(address) = address else { return Ok(None) };
    let listening = listen(address).await;
    let (listener, bound) = listening.map_err(|error| StartError::Listen(address, error))?;
    housekeeping.spawn(admin::serve(listener, Arc::new(shown)));
    Ok(Some(bound))
}

fn write_env_file(
    options: &Options,
    environment: &Variables,
) -> Result<Option<OwnFile>, StartError> {
    let Some(path) = &options.env_file else { return Ok(None) };
    let lines = file_lines(environment).map_err(StartError::LineBreak)?;
    env_file::write(path, &lines).map(Some)
}

pub(super) fn proxy_log(options: &Options) -> ProxyLog {
    ProxyLog::new(options.log.clone(), Arc::clone(&options.clock), options.log_detail)
}

/// What of the options is for clients to meet.
pub(super) fn settings(options: &Options, protocol: Protocol) -> Settings {
    Settings {
        endpoint_port: options.port(),
        region: options.region.clone(),
        account: options.account.clone(),
        proxy_id: options.proxy_id.clone(),
        principals: options.principals.clone(),
        protocol,
        on_pin: options.on_pin,
        idle_client_timeout: options.idle_client_timeout,
        client_life: options.client_life,
        fault: options.fault,
        clock: Arc::clone(&options.clock),
        log: proxy_log(options),
        observer: options.observer.clone(),
    }
}

/// What presents the endpoints' certificate: the sound one, and the one that a fault asks for.
pub(super) struct Acceptors {
    sound: TlsAcceptor,
    flawed: Option<TlsAcceptor>,
}

impl Acceptors {
    pub(super) fn new(authority: &Authority, options: &Options) -> Result<Self, TlsError> {
        let mut hosts = vec![options.endpoint_host.as_str()];
        if options.reader_listen.is_some() {
            hosts.push(&options.reader_host);
        }
        let sound = acceptor(authority.chain(&hosts)?)?;
        let flawed = match options.fault.map(|fault| fault.kind) {
            Some(Kind::Certificate(flaw)) => Some(acceptor(flaw.chain(authority, &hosts)?)?),
            Some(
                Kind::At(..)
                | Kind::After(_)
                | Kind::Meets(_)
                | Kind::Later(_)
                | Kind::Ask(_)
                | Kind::AskFor(_),
            )
            | None => None,
        };
        Ok(Self { sound, flawed })
    }

    pub(super) fn endpoint(
        &self,
        (name, host): (&str, &str),
        is_read_only: bool,
        pool: Arc<Pool>,
    ) -> Endpoint {
        Endpoint {
            name: name.into(),
            host: host.to_owned(),
            is_read_only,
            metrics: EndpointMetrics::default(),
            acceptor: self.sound.clone(),
            flawed: self.flawed.clone(),
            pool,
        }
    }
}

async fn listen(address: SocketAddr) -> io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind(address).await?;
    let bound = listener.local_addr()?;
    Ok((listener, bound))
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
