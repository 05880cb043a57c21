//! A real MariaDB, as a server without root and without a port: connections are relayed to its
//! socket.
//!
//! Its program is in `MARIADB_BIN`, which `make test` sets to what `tools/install.py mariadb` says, in
//! `.tools/`, or on `PATH`.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use tempfile::TempDir;
use tokio::io::copy_bidirectional;
use tokio::net::UnixStream;
use tokio::process::Command;

use crate::authority::Issued;
use crate::peer::Peer;
use crate::process::{command, until};

/// What the server is installed with, in this order
/// (<https://mariadb.com/docs/server/clients-and-utilities/deployment-tools/mariadb-install-db>).
const SYSTEM_TABLES: [&str; 3] =
    ["mysql_system_tables.sql", "mysql_performance_tables.sql", "mysql_system_tables_data.sql"];

/// Asks for a password in clear, as RDS does for a token: the name of the server's plugin.
pub const CLEAR: &str = "cleartext_plugin_server";

/// A running server. It ends with this value.
#[derive(Debug)]
pub struct MariaDb {
    folder: TempDir,
    server: Child,
}

/// Where the programs and what they need are.
struct Installed {
    server: PathBuf,
    base: PathBuf,
    libraries: String,
}

impl Installed {
    fn find() -> Self {
        let own = std::env::var("MARIADB_BIN").ok().into_iter().map(PathBuf::from);
        let path = std::env::var("PATH").unwrap_or_default();
        let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.tools/mariadb/usr/sbin");
        let folder = own
            .chain([tools])
            .chain(std::env::split_paths(&path))
            .find(|folder| folder.join("mariadbd").is_file())
            .expect(
                "mariadbd must be in MARIADB_BIN, .tools/ or on PATH: `make test` installs it, or \
                 tools/install.py mariadb",
            );
        let base = folder.parent().unwrap().to_owned();
        let libraries = std::fs::read_dir(base.join("lib")).unwrap();
        let libraries = libraries.map(|entry| entry.unwrap().path());
        let libraries = libraries.filter(|path| path.to_string_lossy().ends_with("-linux-gnu"));
        let libraries = libraries.map(|path| path.display().to_string()).collect::<Vec<_>>();
        Self { server: folder.join("mariadbd"), base, libraries: libraries.join(":") }
    }

    /// The server's command, with what every start needs.
    fn command(&self, data: &Path) -> Command {
        let mut command = command(self.server.to_str().unwrap());
        command
            .arg("--no-defaults")
            .arg(format!("--basedir={}", self.base.display()))
            .arg(format!("--datadir={}", data.display()))
            // Else it takes 100 MB, and waits for the disk.
            .args(["--innodb-log-file-size=4M", "--innodb-flush-log-at-trx-commit=0"])
            .args(["--innodb-buffer-pool-size=8M", "--max-connections=20"])
            // A server that starts removes what others have in a shared folder.
            .arg(format!("--tmpdir={}", data.parent().unwrap().display()))
            // Without this option it refuses to run as root.
            .args(["--user=root", "--plugin-maturity=unknown"])
            .env("LD_LIBRARY_PATH", &self.libraries)
            .stdin(Stdio::null());
        command
    }

    /// Makes a data folder with the system's tables.
    async fn bootstrap(&self, data: &Path) {
        std::fs::create_dir(data).unwrap();
        let mut script = String::from("create database mysql;\nuse mysql;\n");
        for name in SYSTEM_TABLES {
            let path = self.base.join("share/mysql").join(name);
            script.push_str(&std::fs::read_to_string(path).unwrap());
        }
        let file = data.with_file_name("bootstrap.sql");
        std::fs::write(&file, script).unwrap();
        let mut bootstrap = self.command(data);
        bootstrap.arg("--bootstrap").stdin(File::open(file).unwrap());
        let done = bootstrap.output().await.unwrap();
        assert!(
            done.status.success(),
            "{}: {}",
            done.status,
            String::from_utf8_lossy(&done.stderr)
        );
    }
}

/// The plugin by which users log in with tokens at RDS, whose own is nowhere else.
const AWS_AUTHENTICATION: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/aws_authentication.c");

/// Compiles it into a folder of plugins.
async fn compile_plugin(folder: &Path) {
    std::fs::create_dir(folder).unwrap();
    let mut compiler = command("cc");
    compiler.args(["-shared", "-fPIC", "-o"]).arg(folder.join("aws_authentication.so"));
    let compiled = compiler.arg(AWS_AUTHENTICATION).output().await.unwrap();
    assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
}

impl MariaDb {
    /// One that shows this certificate and has run these statements, one a line.
    pub async fn start(issued: &Issued, statements: &[&str]) -> Self {
        Self::start_with(issued, statements, async |_, _| {}).await
    }

    /// The same, with a stand-in for RDS's `AWSAuthenticationPlugin`, which accepts any token.
    pub async fn start_like_rds(issued: &Issued, statements: &[&str]) -> Self {
        Self::start_with(issued, statements, async |folder, command| {
            let plugins = folder.join("plugins");
            compile_plugin(&plugins).await;
            command
                .arg(format!("--plugin-dir={}", plugins.display()))
                .arg("--plugin-load-add=aws_authentication.so");
        })
        .await
    }

    async fn start_with(
        issued: &Issued,
        statements: &[&str],
        configure: impl AsyncFnOnce(&Path, &mut Command),
    ) -> Self {
        let installed = Installed::find();
        let folder = TempDir::new().unwrap();
        let path = |name: &str| folder.path().join(name);
        let data = path("data");
        installed.bootstrap(&data).await;
        issued.write_pem(&path("certificate.pem"), &path("key.pem"));
        std::fs::write(path("init.sql"), statements.join("\n")).unwrap();
        let log = File::create(path("log")).unwrap();
        let mut command = installed.command(&data);
        command
            .arg(format!("--socket={}", path("socket").display()))
            .arg(format!("--init-file={}", path("init.sql").display()))
            .arg(format!("--ssl-cert={}", path("certificate.pem").display()))
            .arg(format!("--ssl-key={}", path("key.pem").display()))
            .args(["--skip-networking", "--skip-log-bin"])
            .stdout(Stdio::null())
            .stderr(log);
        configure(folder.path(), &mut command).await;
        let server = command.as_std_mut().spawn().unwrap();
        let socket = path("socket");
        until(|| std::os::unix::net::UnixStream::connect(&socket).is_ok()).await;
        Self { folder, server }
    }

    /// A port that leads to it.
    pub async fn peer(&self) -> Peer {
        let socket = self.folder.path().join("socket");
        Peer::start(move |mut stream| {
            let socket = socket.clone();
            async move {
                let mut server = UnixStream::connect(socket).await.unwrap();
                drop(copy_bidirectional(&mut stream, &mut server).await);
            }
        })
        .await
    }
}

/// The folder is removed then, which a running server would write to.
impl Drop for MariaDb {
    fn drop(&mut self) {
        drop(self.server.kill());
        drop(self.server.wait());
    }
}
