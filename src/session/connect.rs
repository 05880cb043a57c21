//! A TCP connection to one of several addresses.
//!
//! Addresses are tried in the resolver's order, the families in turn. Each attempt starts when the
//! one before has failed or has not answered for a quarter of a second, and the first to answer wins:
//! [RFC 8305](https://www.rfc-editor.org/rfc/rfc8305#section-5). So a dead address costs a moment,
//! never the whole budget.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::error::{Attempt, ConnectError, ConnectFailure};

/// How long the next attempt is held back: RFC 8305's recommended delay.
const HEAD_START: Duration = Duration::from_millis(250);

/// Connects to the first address that answers before `deadline`, with Nagle's algorithm off:
/// a probe waits for every message.
///
/// # Errors
/// [`ConnectError`] with every address that was tried.
pub async fn connect(
    addresses: &[SocketAddr],
    deadline: Instant,
) -> Result<TcpStream, ConnectError> {
    let mut waiting: VecDeque<SocketAddr> = alternate_families(addresses);
    let mut pending: Vec<(SocketAddr, Instant)> = Vec::new();
    let mut racing: JoinSet<(SocketAddr, io::Result<TcpStream>)> = JoinSet::new();
    let mut attempts = Vec::new();
    loop {
        if let Some(address) = waiting.pop_front() {
            pending.push((address, Instant::now()));
            racing.spawn(async move { (address, open(address).await) });
        }
        let next_start = if waiting.is_empty() { deadline } else { Instant::now() + HEAD_START };
        tokio::select! {
            Some(joined) = racing.join_next() => {
                let Ok((address, result)) = joined else { continue };
                let after = pending.iter().find(|(other, _)| *other == address)
                    .map_or(Duration::ZERO, |(_, since)| since.elapsed());
                pending.retain(|(other, _)| *other != address);
                match result {
                    Ok(stream) => return Ok(stream),
                    Err(error) => {
                        attempts.push(Attempt { address, failure: ConnectFailure::new(error, after) });
                    }
                }
                if waiting.is_empty() && racing.is_empty() {
                    return Err(ConnectError { attempts });
                }
            }
            () = sleep_until(next_start.min(deadline)) => {}
        }
        if Instant::now() >= deadline {
            attempts.extend(pending.into_iter().map(|(address, since)| Attempt {
                address,
                failure: ConnectFailure::TimedOut { after: since.elapsed() },
            }));
            return Err(ConnectError { attempts });
        }
    }
}

async fn open(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// The same addresses, IPv6 and IPv4 in turn, beginning with the first one's family.
fn alternate_families(addresses: &[SocketAddr]) -> VecDeque<SocketAddr> {
    let first_is_ipv6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (mut one, mut other): (VecDeque<_>, VecDeque<_>) =
        addresses.iter().copied().partition(|address| address.is_ipv6() == first_is_ipv6);
    let mut order = VecDeque::with_capacity(addresses.len());
    while !one.is_empty() || !other.is_empty() {
        order.extend(one.pop_front());
        order.extend(other.pop_front());
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(5)
    }

    async fn closed_port() -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap()
    }

    #[tokio::test]
    async fn a_closed_port_is_refused() {
        let address = closed_port().await;
        let error = connect(&[address], soon()).await.unwrap_err();
        let [attempt] = error.attempts.as_slice() else { panic!("{error:?}") };
        assert_eq!(attempt.address, address);
        assert!(matches!(attempt.failure, ConnectFailure::Refused));
    }

    #[tokio::test]
    async fn a_listener_that_goes_before_it_accepts_has_refused() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addresses = [listener.local_addr().unwrap()];
        // It starts after the attempt, and is done before the attempt gets the kernel's answer.
        let mut going = JoinSet::new();
        let go = async {
            going.spawn(async move { drop(listener) });
            going.join_next().await
        };
        let (result, _) = tokio::join!(connect(&addresses, soon()), go);
        let error = result.unwrap_err();
        let [attempt] = error.attempts.as_slice() else { panic!("{error:?}") };
        assert!(matches!(attempt.failure, ConnectFailure::Refused), "{attempt:?}");
    }

    #[tokio::test]
    async fn a_dead_address_does_not_hide_a_live_one() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addresses = [closed_port().await, listener.local_addr().unwrap()];
        let stream = connect(&addresses, soon()).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), addresses[1]);
        assert!(stream.nodelay().unwrap());
    }

    #[tokio::test]
    async fn every_address_is_in_the_error() {
        let addresses = [closed_port().await, closed_port().await];
        let error = connect(&addresses, soon()).await.unwrap_err();
        let tried: Vec<_> = error.attempts.iter().map(|attempt| attempt.address).collect();
        assert_eq!(tried, addresses);
    }

    #[test]
    fn families_take_turns() {
        let address = |text: &str| text.parse::<SocketAddr>().unwrap();
        let given = ["[::1]:1", "[::2]:1", "1.1.1.1:1"].map(address);
        let order = ["[::1]:1", "1.1.1.1:1", "[::2]:1"].map(address);
        assert_eq!(alternate_families(&given), order);
    }
}
