//! The command on a terminal, which Python's `pty` makes: what it wrote, and what is seen of it.

use std::path::PathBuf;

use super::{BINARY, Vars};

/// A terminal's size, and what is typed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terminal {
    pub(crate) columns: u16,
    pub(crate) rows: u16,
    /// Ctrl-C is typed once this has been written.
    pub(crate) ctrl_c_after: Option<&'static str>,
}

/// What a command wrote to its terminal, and its exit status.
#[derive(Debug)]
pub(crate) struct Screen {
    pub(crate) bytes: String,
    pub(crate) status: i32,
}

impl Terminal {
    pub(crate) const USUAL: Self = Self { columns: 80, rows: 24, ctrl_c_after: None };

    /// Runs the command on this terminal until it ends.
    pub(crate) async fn run(self, vars: &Vars, arguments: &[&str]) -> Screen {
        let script: PathBuf =
            [env!("CARGO_MANIFEST_DIR"), "tests/it/support/terminal.py"].iter().collect();
        let size = [self.columns.to_string(), self.rows.to_string()];
        let mut words = vec![script.to_str().unwrap(), &size[0], &size[1]];
        words.extend([self.ctrl_c_after.unwrap_or_default(), BINARY]);
        words.extend(arguments);
        let vars = vars.clone().with("TERM", "xterm-256color");
        let output = vars.of_program("python3", &words).output().await.unwrap();
        assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
        let (bytes, status) = {
            let text = String::from_utf8(output.stdout).unwrap();
            let (bytes, status) = text.rsplit_once("\nstatus ").unwrap();
            (bytes.to_owned(), status.trim().parse().unwrap())
        };
        Screen { bytes, status }
    }
}

impl Screen {
    /// What is seen at the end: a line that was cleared is gone, and colors are left out.
    pub(crate) fn screen(&self) -> String {
        let text = self.bytes.replace("\r\n", "\n");
        let lines = text.lines().map(|line| line.rsplit("\r\u{1b}[K").next().unwrap());
        let plain = lines.map(|line| {
            let mut parts = line.split('\u{1b}');
            let first = parts.next().unwrap_or_default().to_owned();
            parts.fold(first, |seen, part| seen + part.split_once('m').map_or("", |(_, rest)| rest))
        });
        plain.map(|line| line + "\n").collect()
    }
}
