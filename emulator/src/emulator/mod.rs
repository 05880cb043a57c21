//! A running emulator: its start, its handle, its end.
//!
//! Owns the order in which things come up (database, roles, certificates, sockets) and go down.
//! Runs on the caller's runtime; nothing of it outlives the [`Emulator`].

mod ca_file;
mod database;
mod env_file;
mod own_file;
mod start_error;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::{fmt, io, thread};

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{JoinSet, spawn_blocking};
use tokio_rustls::TlsAcceptor;

use crate::backend::{Behind, Cluster, Target};
use crate::environment;
use crate::fault::Act;
use crate::login::Users;
use crate::observer::Observer;
use crate::options::Options;
use crate::proxy::{Endpoint, Proxy};
use crate::serve::serve;
use crate::tls::{Authority, TlsError, acceptor};

use ca_file::CaFile;
use database::{Ownership, Preparation};
pub use own_file::OutputFile;
use own_file::OwnFile;
pub use start_error::StartError;

/// A running emulator. Dropping it stops it.
///
/// # Panics
///
/// When it is dropped or stopped after a connection's task has panicked, so that no test passes
/// over that. The log has the panic's message.
pub struct Emulator {
    // In the order of their end: connections first, the cluster last.
    tasks: JoinSet<()>,
    stop: watch::Sender<()>,
    proxy: Arc<Proxy>,
    address: SocketAddr,
    reader_address: Option<SocketAddr>,
    authority: Arc<Authority>,
    ca_pem: String,
    ca_file: CaFile,
    env_file: Option<OwnFile>,
    database: String,
    cluster: Option<Arc<Cluster>>,
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
    let users = Users::new(&options.iam_users, &options.password_users)?;
    let database = environment::database(&options);
    let ownership = Ownership::of(&options.backend);
    // Taken out of the options: the cluster is to end with the handle, not with the last
    // connection, which knows the options too.
    let backend = std::mem::take(&mut options.backend);
    let (programs, with_reader) = (options.programs.clone(), options.reader_listen.is_some());
    let limit = options.start_timeout;
    let Behind { writer, reader, cluster } =
        Behind::start(backend, programs, limit, with_reader).await?;
    let preparation = Preparation {
        options: &options,
        users: &users,
        database: &database,
        writer: &writer,
        reader: &reader,
        ownership,
    };
    preparation.run().await?;
    // It may be long, and nobody needs it again.
    options.init_sql = None;
    let authority = match options.authority.take() {
        Some(authority) => authority,
        None => Arc::new(Authority::new(options.clock.now())?),
    };
    let acceptors = Acceptors::new(&authority, &options)?;
    let ca_pem = authority.pem();
    let ca_file = CaFile::write(options.ca_out.as_deref(), &ca_pem, cluster.as_deref())?;

    let proxy = Arc::new(Proxy::new(options, users));
    let (mut tasks, stop) = (JoinSet::new(), watch::Sender::new(()));
    let mut listen = async |address, host: &str, target| {
        let endpoint = acceptors.endpoint(host, target);
        let (listener, bound) =
            listen(address).await.map_err(|error| StartError::Listen(address, error))?;
        let (proxy, endpoint) = (Arc::clone(&proxy), Arc::new(endpoint));
        tasks.spawn(serve(listener, proxy, endpoint, stop.subscribe()));
        Ok::<_, StartError>(bound)
    };
    let options = &proxy.options;
    let address = listen(options.listen, &options.endpoint_host, writer).await?;
    let reader_address = match options.reader_listen {
        Some(address) => Some(listen(address, &options.reader_host, reader).await?),
        None => None,
    };
    let mut emulator = Emulator {
        tasks,
        stop,
        proxy,
        address,
        reader_address,
        authority,
        ca_pem,
        ca_file,
        env_file: None,
        database,
        cluster,
    };
    emulator.write_env_file()?;
    Ok(emulator)
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

    /// Who signed its certificates.
    pub fn authority(&self) -> Arc<Authority> {
        Arc::clone(&self.authority)
    }

    /// The root of the emulator's certificate authority, as PEM.
    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    /// The file that holds it, removed at the end.
    pub fn ca_file(&self) -> &Path {
        self.ca_file.path()
    }

    /// The environment that makes the function talk to this emulator.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        environment::variables(
            &self.proxy.options,
            (self.ca_file.path(), &self.database),
            reachable(self.address),
            self.reader_address.map(reachable),
        )
    }

    /// Writes it to the file that the options name. Connections are accepted already, since others
    /// may wait for the file.
    fn write_env_file(&mut self) -> Result<(), StartError> {
        if let Some(path) = &self.proxy.options.env_file {
            let lines = environment::file_lines(&self.environment());
            self.env_file = Some(env_file::write(path, &lines.map_err(StartError::LineBreak)?)?);
        }
        Ok(())
    }

    /// The passwords and tokens that arrived in clear, in order of arrival.
    ///
    /// # Panics
    ///
    /// Without an [`Options::observer`], which has to be there for them to be kept.
    pub fn passwords_received(&self) -> Vec<String> {
        let observer = self.proxy.options.observer.as_ref();
        assert!(observer.is_some(), "without Options::observer no password is kept");
        observer.map(Observer::passwords).unwrap_or_default()
    }

    /// How many connections were accepted, whatever became of them.
    pub fn connections_accepted(&self) -> usize {
        self.proxy.connections_accepted()
    }

    /// Stops it and waits until nothing of it is left.
    pub async fn stop(mut self) {
        drop(self.env_file.take());
        self.stop.send_replace(());
        while self.tasks.join_next().await.is_some() {}
        let cluster = self.cluster.take();
        // Stopping a cluster blocks. It cannot fail; a panic there is already on stderr.
        drop(spawn_blocking(move || drop(cluster)).await);
    }
}

impl Drop for Emulator {
    /// Passes a connection's panic on, as the end of a scoped thread does.
    fn drop(&mut self) {
        let is_sound = thread::panicking() || !self.proxy.has_panicked();
        assert!(is_sound, "the task of an emulator's connection panicked; its log says why");
    }
}

impl fmt::Debug for Emulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Emulator")
            .field("address", &self.address)
            .field("reader_address", &self.reader_address)
            .field("options", &self.proxy.options)
            .finish_non_exhaustive()
    }
}

/// What presents the endpoints' certificate: the sound one, and the one that a fault asks for.
struct Acceptors {
    sound: TlsAcceptor,
    flawed: Option<TlsAcceptor>,
}

impl Acceptors {
    fn new(authority: &Authority, options: &Options) -> Result<Self, TlsError> {
        let mut hosts = vec![options.endpoint_host.as_str()];
        if options.reader_listen.is_some() {
            hosts.push(&options.reader_host);
        }
        let sound = acceptor(authority.chain(&hosts)?)?;
        let flawed = match options.fault.map(|fault| fault.act) {
            Some(Act::Certificate(flaw)) => Some(acceptor(flaw.chain(authority, &hosts)?)?),
            Some(Act::At(..) | Act::After(_) | Act::Ask(_)) | None => None,
        };
        Ok(Self { sound, flawed })
    }

    fn endpoint(&self, host: &str, target: Target) -> Endpoint {
        let (acceptor, flawed) = (self.sound.clone(), self.flawed.clone());
        Endpoint { host: host.to_owned(), acceptor, flawed, target }
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
