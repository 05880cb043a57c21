//! Why a request has no answer, by how far it got.

use std::error::Error;
use std::time::Duration;
use std::{fmt, io};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::result::ConnectorError;
use tokio::time::{Instant, timeout_at};

use crate::peer::Service;

/// Why a request has no answer.
#[derive(Debug)]
pub enum CallError {
    /// It cannot be sent.
    Unsendable(BoxError),
    /// There was no connection.
    NotConnected(BoxError),
    /// There was a connection, but no answer.
    NotAnswered {
        /// The first bytes that the peer sent, if any: those inside TLS once the handshake is done.
        heard: Vec<u8>,
        /// The client's error.
        cause: BoxError,
    },
}

/// The request timed out.
#[derive(Debug)]
struct OutOfTime {
    after: Duration,
}

impl CallError {
    pub(super) fn unsendable(cause: impl Into<BoxError>) -> Self {
        Self::Unsendable(cause.into())
    }

    /// The service that answered, if its answer is neither HTTP nor TLS.
    pub fn stranger(&self) -> Option<Service> {
        let Self::NotAnswered { heard, cause } = self else { return None };
        let service = Service::of(heard);
        let is_cut_off = matches!(service, Service::Http | Service::Tls) && broke_off(cause);
        (!heard.is_empty() && !is_cut_off).then_some(service)
    }

    /// The TLS error, if it is one.
    pub fn tls(&self) -> Option<&rustls::Error> {
        tls_error(self.cause().as_ref())
    }

    fn cause(&self) -> &BoxError {
        match self {
            Self::Unsendable(cause)
            | Self::NotConnected(cause)
            | Self::NotAnswered { cause, .. } => cause,
        }
    }
}

/// Whether an answer was cut off, rather than being one that cannot be read.
fn broke_off(cause: &BoxError) -> bool {
    let is_unreadable = match cause.downcast_ref::<hyper::Error>() {
        Some(error) => error.is_parse(),
        None => !cause.is::<io::Error>() && !cause.is::<OutOfTime>(),
    };
    !is_unreadable && tls_error(cause.as_ref()).is_none()
}

fn tls_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    // The error inside an I/O error is not among its sources, and may be another I/O error.
    let mut error = error;
    while let Some(wrapped) = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        error = wrapped;
    }
    error.downcast_ref()
}

/// As the SDK classifies errors: it retries after a timeout and after a network error.
impl From<CallError> for ConnectorError {
    fn from(error: CallError) -> Self {
        let is_timeout = error.cause().is::<OutOfTime>();
        match error {
            CallError::Unsendable(_) => Self::user(error.into()),
            CallError::NotConnected(_) | CallError::NotAnswered { .. } if is_timeout => {
                Self::timeout(error.into())
            }
            CallError::NotConnected(_) | CallError::NotAnswered { .. }
                if error.stranger().is_none() =>
            {
                Self::io(error.into())
            }
            CallError::NotConnected(_) | CallError::NotAnswered { .. } => {
                Self::other(error.into(), None)
            }
        }
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unsendable(_) => "the request cannot be sent",
            Self::NotConnected(_) => "no connection",
            Self::NotAnswered { .. } => "connected, but no answer",
        })
    }
}

impl Error for CallError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(self.cause().as_ref())
    }
}

impl fmt::Display for OutOfTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "nothing came for {} ms", self.after.as_millis())
    }
}

impl Error for OutOfTime {}

/// The work's result, or a timeout at that moment.
pub(super) async fn until<T, E: Into<BoxError>>(
    by: Option<Instant>,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, BoxError> {
    let begun = Instant::now();
    let done = match by {
        Some(by) => timeout_at(by, work).await,
        None => Ok(work.await),
    };
    match done {
        Ok(result) => result.map_err(Into::into),
        Err(_elapsed) => Err(OutOfTime { after: begun.elapsed() }.into()),
    }
}

/// An error and its sources.
pub(crate) fn behind<'a>(
    error: &'a (dyn Error + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    let source = |error: &&'a (dyn Error + 'static)| -> Option<&'a (dyn Error + 'static)> {
        (*error).source()
    };
    std::iter::successors(Some(error), source)
}
