//! Standard output, which a reader may close at any time.

use std::fmt;
use std::io::{self, ErrorKind, Write};
use std::sync::{Mutex, PoisonError};

use super::Style;

/// Where results go, and nothing else.
pub struct Output {
    /// How texts look there.
    pub style: Style,
    sink: Mutex<Sink>,
}

struct Sink {
    writer: Box<dyn Write + Send>,
    /// The first error; nothing is written after it.
    error: Option<ErrorKind>,
}

impl Output {
    /// Writes to `writer` in this style.
    pub fn new(style: Style, writer: impl Write + Send + 'static) -> Self {
        Self { style, sink: Mutex::new(Sink { writer: Box::new(writer), error: None }) }
    }

    /// Writes a text now.
    pub fn write(&self, text: &str) {
        let mut sink = self.sink.lock().unwrap_or_else(PoisonError::into_inner);
        if sink.error.is_none() {
            let written = sink.writer.write_all(text.as_bytes()).and_then(|()| sink.writer.flush());
            sink.error = written.err().map(|error| error.kind());
        }
    }

    /// Why nothing more can be written, if that is so.
    pub fn error(&self) -> Option<io::Error> {
        self.sink.lock().unwrap_or_else(PoisonError::into_inner).error.map(io::Error::from)
    }
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Output").field("style", &self.style).finish_non_exhaustive()
    }
}
