//! A test in its own network: it runs itself again, alone, in a new network and mount
//! namespace, where it may do to routes, addresses and the resolver whatever it likes.
//!
//! Nothing of it reaches the machine, and nothing has to be put back: a namespace goes with its
//! last process. Root may make one, and most kernels let anybody who is root in a user namespace;
//! where neither holds the test says so and passes, unless `REQUIRE_NAMESPACES` is set.
//! <https://man7.org/linux/man-pages/man7/network_namespaces.7.html>

use std::io::Write as _;
use std::process::{Command, Output};

/// Set inside.
const INSIDE: &str = "PROBE_TEST_IS_IN_ITS_OWN_NETWORK";

/// Set where a skipped test would go unseen, as in CI.
const REQUIRED: &str = "REQUIRE_NAMESPACES";

/// Runs `body` in its own network, which has a loopback interface and nothing else. `test` is
/// the calling test's name.
#[expect(clippy::print_stdout, reason = "what the test prints inside it prints outside")]
pub fn in_its_own_network(test: &str, body: impl Future<Output = ()>) {
    if std::env::var_os(INSIDE).is_some() {
        ip("link set lo up");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        return runtime.block_on(body);
    }
    let Some(options) =
        [&["--net", "--mount"][..], &["--map-current-user", "--keep-caps", "--net", "--mount"]]
            .into_iter()
            .find(|options| try_out(options).is_ok_and(|output| output.status.success()))
    else {
        let why = try_out(&["--net", "--mount"])
            .map_or_else(|error| error.to_string(), |output| text(&output));
        assert!(std::env::var_os(REQUIRED).is_none(), "no namespace: {why}");
        // Past the test runner, which keeps what a passing test prints to itself.
        let why = format!("{test} was not run, since no namespace may be made here: {why}\n");
        return std::io::stderr().write_all(why.as_bytes()).unwrap();
    };
    let itself = std::env::current_exe().unwrap();
    let output = unshare(options, itself)
        .args(["--exact", test, "--nocapture"])
        .env(INSIDE, "1")
        .output()
        .unwrap();
    let text = text(&output);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
    println!("{text}");
}

/// Has `ip` of iproute2 change the network.
pub fn ip(command: &str) {
    run("ip", &command.split(' ').collect::<Vec<_>>());
}

/// Has these names lead to this machine.
pub fn lead_here(names: &[&str]) {
    mount(&format!("127.0.0.1 localhost {}\n", names.join(" ")), "/etc/hosts");
}

/// Has a file of the machine's hold this text.
pub fn mount(text: &str, place: &str) {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    // The mount keeps what it shows, even though the file's name is gone.
    run("mount", &["--bind", file.path().to_str().unwrap(), place]);
}

fn run(program: &str, arguments: &[&str]) {
    let output = Command::new(program).args(arguments).output();
    let output = output.unwrap_or_else(|error| panic!("{program} must be installed: {error}"));
    assert!(output.status.success(), "{program} {arguments:?}: {}", text(&output));
}

/// Whether a namespace may be made, and iproute2 is there to change it.
fn try_out(options: &[&str]) -> std::io::Result<Output> {
    unshare(options, "ip").arg("link").output()
}

fn unshare(options: &[&str], program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new("unshare");
    command.args(options).args(["--", "setpriv", "--pdeathsig", "KILL", "--"]).arg(program);
    command
}

fn text(output: &Output) -> String {
    [&output.stdout[..], &output.stderr].map(String::from_utf8_lossy).concat()
}
