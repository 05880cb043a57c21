//! Client and database joined.
//!
//! Owns passing bytes both ways until either side is done, and telling which side broke. It does
//! not look into them: after the login, proxy and database speak alike.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, split};

use super::Stream;
use crate::end::End;
use crate::wire::frontend::Header;

/// As much as passes at once.
const PIECE: usize = 8 * 1024;

/// Passes bytes until one side ends its stream, then lets go of both. PostgreSQL has no half-open
/// connections, so the first end is the end.
pub(crate) async fn relay<C>(client: &mut C, database: Box<dyn Stream>) -> Result<(), End>
where
    C: AsyncRead + AsyncWrite + Unpin,
{
    let (mut from_client, mut to_client) = split(client);
    let (mut from_database, mut to_database) = split(database);
    let (mut questions, mut answers) = (Pump::default(), Pump::default());
    tokio::select! {
        // First of all the database's last words.
        biased;
        received = answers.run(&mut from_database, &mut to_client) => {
            received.map_err(Broken::towards_client)?;
            // The client may have left before the database did.
            drop(to_client.shutdown().await);
        }
        sent = questions.run(&mut from_client, &mut to_database) => {
            sent.map_err(Broken::towards_database)?;
        }
    }
    Ok(())
}

/// Which end of a [`Pump`] failed.
#[derive(Debug)]
pub(crate) enum Broken {
    /// Where bytes come from.
    Source(io::Error),
    /// Where they go.
    Sink(io::Error),
}

impl Broken {
    /// What it means on the way from the client to the database.
    pub(crate) fn towards_database(self) -> End {
        match self {
            Self::Source(error) => End::Client(error.into()),
            Self::Sink(error) => End::Database(error.into()),
        }
    }

    /// What it means on the way from the database to the client.
    pub(crate) fn towards_client(self) -> End {
        match self {
            Self::Source(error) => End::Database(error.into()),
            Self::Sink(error) => End::Client(error.into()),
        }
    }
}

/// Passes bytes one way. Nothing is lost when it is interrupted and runs again later.
#[derive(Debug)]
pub(crate) struct Pump {
    piece: Box<[u8]>,
    start: usize,
    end: usize,
}

impl Default for Pump {
    fn default() -> Self {
        Self { piece: vec![0; PIECE].into(), start: 0, end: 0 }
    }
}

impl Pump {
    /// Passes bytes until there are no more.
    pub(crate) async fn run<R, W>(&mut self, source: &mut R, sink: &mut W) -> Result<(), Broken>
    where
        R: AsyncRead + Unpin,
        W: AsyncWrite + Unpin,
    {
        while self.pass(source, sink, u64::MAX).await? > 0 {}
        Ok(())
    }

    /// Passes the rest of the last piece and the next one; returns how long that was, 0 at the end.
    async fn pass<R, W>(&mut self, source: &mut R, sink: &mut W, max: u64) -> Result<u64, Broken>
    where
        R: AsyncRead + Unpin,
        W: AsyncWrite + Unpin,
    {
        self.empty(sink).await.map_err(Broken::Sink)?;
        let read = match (&mut *source).take(max).read(&mut self.piece).await {
            // Leaving without TLS's close_notify is leaving all the same.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => 0,
            read => read.map_err(Broken::Source)?,
        };
        (self.start, self.end) = (0, read);
        self.empty(sink).await.map_err(Broken::Sink)?;
        Ok(u64::try_from(read).unwrap_or(u64::MAX))
    }

    async fn empty<W: AsyncWrite + Unpin>(&mut self, sink: &mut W) -> io::Result<()> {
        while let Some(rest) = self.piece.get(self.start..self.end).filter(|rest| !rest.is_empty())
        {
            match sink.write(rest).await? {
                0 => return Err(io::ErrorKind::WriteZero.into()),
                written => self.start += written,
            }
        }
        sink.flush().await
    }
}

/// Passes a message on whose header has been read, however long it is.
pub(crate) async fn pass_on<R, W>(
    header: Header,
    source: &mut R,
    sink: &mut W,
) -> Result<(), Broken>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    sink.write_all(&header.bytes()).await.map_err(Broken::Sink)?;
    let (mut pump, mut rest) = (Pump::default(), u64::from(header.rest));
    while rest > 0 {
        match pump.pass(source, sink, rest).await? {
            0 => return Err(Broken::Source(io::ErrorKind::UnexpectedEof.into())),
            passed => rest = rest.saturating_sub(passed),
        }
    }
    sink.flush().await.map_err(Broken::Sink)
}
