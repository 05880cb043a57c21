//! The limit of open files.
//!
//! Owns raising it for this process, and that a command starts with the limit that it would have had
//! without us.

use std::io;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// The limit as it was and as it is.
#[derive(Debug)]
pub(crate) struct Descriptors {
    before: Rlimit,
    raised: Rlimit,
}

impl Descriptors {
    /// Takes as many as the system allows. Each client needs two, and the usual limit of 1024 is
    /// there for programs that use `select`: <https://0pointer.net/blog/file-descriptor-limits.html>.
    pub(crate) fn raise() -> (Self, io::Result<()>) {
        let before = getrlimit(Resource::Nofile);
        let raised = Rlimit { current: before.maximum, ..before };
        (Self { before, raised }, setrlimit(Resource::Nofile, raised).map_err(Into::into))
    }

    /// Does something under the limit as it was, such as starting one of those programs.
    pub(crate) fn as_before<T>(&self, act: impl FnOnce() -> T) -> T {
        // Lowering cannot fail, and if raising does, what there is serves some clients at least.
        setrlimit(Resource::Nofile, self.before).unwrap_or_default();
        let done = act();
        setrlimit(Resource::Nofile, self.raised).unwrap_or_default();
        done
    }
}
