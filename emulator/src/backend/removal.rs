//! The removal of a file or folder even if this process is killed.
//!
//! Owns the small shell process (`removal.sh`) that waits for our end, however it comes about. Does
//! not know what the file is for.

use std::io::{self, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

const REMOVAL: &str = include_str!("removal.sh");

/// Removes what it is for when it is dropped, or when this process ends.
#[derive(Debug)]
pub(crate) struct Removal(Child);

impl Removal {
    /// For a file or folder that we have just made.
    pub(crate) fn of(path: &Path) -> io::Result<Self> {
        let path = std::path::absolute(path)?;
        let inode = path.symlink_metadata()?.ino().to_string();
        let mut command = Command::new("/bin/sh");
        command.args(["-c", REMOVAL, "removal"]).arg(path).arg(inode).current_dir("/");
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        // Ctrl-C in a terminal goes to a process group, and this has to be the last to end.
        command.process_group(0);
        let spawned = command.spawn();
        let spawned = spawned.map_err(|error| {
            io::Error::new(
                error.kind(),
                format!("cannot start /bin/sh, which removes it at the end: {error}"),
            )
        });
        Ok(Self(spawned?))
    }

    /// Leaves it to another process.
    pub(crate) fn release(mut self) {
        if let Some(pipe) = &mut self.0.stdin {
            // It removes nothing if this fails, since it is gone then.
            drop(writeln!(pipe));
        }
    }
}

impl Drop for Removal {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        // Waiting makes "dropped" mean "gone". There is no one to tell if it fails.
        drop(self.0.wait());
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn what_it_is_for_goes_with_it_and_nothing_else() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let make = |name: &str| {
            let path = folder.path().join(name);
            fs::write(&path, name).expect("a file");
            let removal = Removal::of(&path).expect("a process");
            (path, removal)
        };
        let (removed, removal) = make("-rf * removed");
        drop(removal);
        assert!(!removed.exists());
        let (released, removal) = make("released");
        removal.release();
        assert!(released.exists());
        let (replaced, removal) = make("replaced");
        fs::write(folder.path().join("other"), "mine").expect("a file");
        fs::rename(folder.path().join("other"), &replaced).expect("a name");
        drop(removal);
        assert_eq!(fs::read_to_string(&replaced).expect("a file"), "mine");
    }
}
