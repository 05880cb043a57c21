//! SCRAM-SHA-256, the server's side, without channel binding.
//!
//! Owns the verifier kept for a password and the two steps of the exchange. Iterations are fixed at
//! 4096, as at RDS Proxy (<https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.html>).
//! <https://www.rfc-editor.org/rfc/rfc5802>, <https://www.rfc-editor.org/rfc/rfc7677>.

use std::borrow::Cow;
use std::num::NonZeroU32;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::rand::{SecureRandom as _, SystemRandom};
use ring::{digest, hmac, pbkdf2};

use super::NoRandomness;
use crate::wire::WireError;

/// The mechanism's name.
pub(crate) const MECHANISM: &str = "SCRAM-SHA-256";

const ITERATIONS: NonZeroU32 = match NonZeroU32::new(4096) {
    Some(iterations) => iterations,
    None => NonZeroU32::MIN,
};
const KEY: usize = digest::SHA256_OUTPUT_LEN;

/// What is kept of a password: RFC 5802, section 3.
pub(crate) struct Verifier {
    salt: [u8; 16],
    stored_key: [u8; KEY],
    server_key: hmac::Key,
}

/// An exchange after the client's first message.
pub(crate) struct Exchange<'v> {
    verifier: &'v Verifier,
    gs2_header: String,
    client_first_bare: String,
    nonce: String,
    server_first: String,
}

impl Verifier {
    /// The verifier of a password, with a new salt.
    pub(crate) fn new(password: &str) -> Result<Self, NoRandomness> {
        // A password that SASLprep forbids is used as it is, as PostgreSQL does.
        let prepared = stringprep::saslprep(password).unwrap_or(Cow::Borrowed(password));
        let salt = random::<16>()?;
        let mut salted = [0; KEY];
        pbkdf2::derive(
            pbkdf2::PBKDF2_HMAC_SHA256,
            ITERATIONS,
            &salt,
            prepared.as_bytes(),
            &mut salted,
        );
        let salted = hmac::Key::new(hmac::HMAC_SHA256, &salted);
        let client_key = hmac::sign(&salted, b"Client Key");
        let server_key = hmac::sign(&salted, b"Server Key");
        Ok(Self {
            salt,
            stored_key: sha256(client_key.as_ref()),
            server_key: hmac::Key::new(hmac::HMAC_SHA256, server_key.as_ref()),
        })
    }

    /// Takes the client's first message; `nonce` is the server's part of the exchange's nonce.
    pub(crate) fn begin(&self, first: &[u8], nonce: [u8; 18]) -> Result<Exchange<'_>, WireError> {
        self.begin_with(first, &STANDARD.encode(nonce))
    }

    fn begin_with(&self, first: &[u8], server_nonce: &str) -> Result<Exchange<'_>, WireError> {
        let broken = WireError::Malformed("the first SCRAM message is malformed");
        let Some((gs2_header, bare, client_nonce)) = client_first(first) else {
            return Err(broken);
        };
        let nonce = format!("{client_nonce}{server_nonce}");
        let salt = STANDARD.encode(self.salt);
        Ok(Exchange {
            verifier: self,
            gs2_header: gs2_header.to_owned(),
            client_first_bare: bare.to_owned(),
            server_first: format!("r={nonce},s={salt},i={ITERATIONS}"),
            nonce,
        })
    }
}

/// The client's first message: GS2 header, the bare rest, and the nonce in it. A client that
/// insists on channel binding (`p=`) was never offered it.
fn client_first(message: &[u8]) -> Option<(&str, &str, &str)> {
    let message = str::from_utf8(message).ok()?;
    let rest = message.strip_prefix("n,,").or_else(|| message.strip_prefix("y,,"))?;
    let header = message.get(..3)?;
    let mut attributes = rest.split(',');
    attributes.next()?.strip_prefix("n=")?;
    let nonce = attributes.next()?.strip_prefix("r=")?;
    let printable = nonce.bytes().all(|byte| byte.is_ascii_graphic());
    (printable && !nonce.is_empty()).then_some((header, rest, nonce))
}

impl Exchange<'_> {
    /// The server's first message.
    pub(crate) fn challenge(&self) -> &[u8] {
        self.server_first.as_bytes()
    }

    /// Takes the client's final message; returns the server's, or none if the proof is wrong.
    pub(crate) fn finish(&self, client_final: &[u8]) -> Result<Option<Vec<u8>>, WireError> {
        let broken = WireError::Malformed("the client's final SCRAM message is malformed");
        let Some((without_proof, proof)) = self.client_final(client_final) else {
            return Err(broken);
        };
        let message = format!("{},{},{without_proof}", self.client_first_bare, self.server_first);
        let stored_key = hmac::Key::new(hmac::HMAC_SHA256, &self.verifier.stored_key);
        let signature = hmac::sign(&stored_key, message.as_bytes());
        let client_key: Vec<u8> =
            proof.iter().zip(signature.as_ref()).map(|(proof, sign)| proof ^ sign).collect();
        let same = proof.len() == KEY && sha256(&client_key) == self.verifier.stored_key;
        let answer = hmac::sign(&self.verifier.server_key, message.as_bytes());
        Ok(same.then(|| format!("v={}", STANDARD.encode(answer)).into_bytes()))
    }

    /// The final message without its proof, and the proof. It must repeat header and nonce.
    fn client_final<'m>(&self, message: &'m [u8]) -> Option<(&'m str, Vec<u8>)> {
        let message = str::from_utf8(message).ok()?;
        let (without_proof, proof) = message.rsplit_once(",p=")?;
        let mut attributes = without_proof.split(',');
        let binding = STANDARD.decode(attributes.next()?.strip_prefix("c=")?).ok()?;
        let nonce = attributes.next()?.strip_prefix("r=")?;
        let repeats = binding == self.gs2_header.as_bytes() && nonce == self.nonce;
        repeats.then_some(())?;
        Some((without_proof, STANDARD.decode(proof).ok()?))
    }
}

fn sha256(bytes: &[u8]) -> [u8; KEY] {
    let digest = digest::digest(&digest::SHA256, bytes);
    digest.as_ref().first_chunk().copied().unwrap_or([0; KEY])
}

pub(crate) fn random<const N: usize>() -> Result<[u8; N], NoRandomness> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).or(Err(NoRandomness))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use postgres_protocol::authentication::sasl::{ChannelBinding, ScramSha256};
    use proptest::prelude::*;

    use super::*;

    fn log_in(kept: &str, given: &str) -> Option<()> {
        let verifier = Verifier::new(kept).expect("randomness");
        let mut client = ScramSha256::new(given.as_bytes(), ChannelBinding::unsupported());
        let exchange = verifier.begin(client.message(), [7; 18]).expect("well formed");
        client.update(exchange.challenge()).expect("well formed");
        let answer = exchange.finish(client.message()).expect("well formed")?;
        client.finish(&answer).expect("the server proves itself");
        Some(())
    }

    #[test]
    fn a_client_of_another_author_logs_in_with_the_password_alone() {
        assert_eq!(log_in("pencil", "pencil"), Some(()));
        assert_eq!(log_in("pencil", "pencil "), None);
        assert_eq!(log_in("Ⅸ", "IX"), Some(()), "SASLprep makes them one");
        assert_eq!(log_in("pä\u{301}ss", "pä\u{301}ss"), Some(()));
    }

    #[test]
    fn the_exchange_is_that_of_rfc_7677() {
        // https://www.rfc-editor.org/rfc/rfc7677#section-3
        let salt = STANDARD.decode("W22ZaJ0SNY7soEsUEjb6gQ==").expect("base64");
        let mut salted = [0; KEY];
        pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, ITERATIONS, &salt, b"pencil", &mut salted);
        let salted = hmac::Key::new(hmac::HMAC_SHA256, &salted);
        let server_key = hmac::sign(&salted, b"Server Key");
        let verifier = Verifier {
            salt: salt.try_into().expect("16 bytes"),
            stored_key: sha256(hmac::sign(&salted, b"Client Key").as_ref()),
            server_key: hmac::Key::new(hmac::HMAC_SHA256, server_key.as_ref()),
        };
        let exchange = verifier
            .begin_with(b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO", "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0")
            .expect("well formed");
        let answer = exchange.finish(
            b"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
              p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
        );
        let expected = b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";
        assert_eq!(answer.expect("well formed").as_deref(), Some(&expected[..]));
    }

    #[test]
    fn malformed_messages_are_no_logins() {
        let verifier = Verifier::new("pencil").expect("randomness");
        for first in ["", "n,,", "n,,n=,r=", "p=tls-unique,,n=,r=x", "n,a=u,n=,r=x", "n,,m=,n=,r=x"]
        {
            assert!(verifier.begin(first.as_bytes(), [7; 18]).is_err(), "{first}");
        }
        let exchange = verifier.begin_with(b"n,,n=,r=x", "y").expect("well formed");
        for last in
            ["", "c=biws,r=xy", "c=eSws,r=xy,p=AA==", "c=biws,r=x,p=AA==", "c=biws,r=xy,p=!"]
        {
            assert!(exchange.finish(last.as_bytes()).is_err(), "{last}");
        }
        assert_eq!(exchange.finish(b"c=biws,r=xy,p=AA==").expect("well formed"), None);
    }

    proptest! {
        #[test]
        fn strangers_messages_never_panic(first: Vec<u8>, last: Vec<u8>) {
            let verifier = Verifier {
                salt: [0; 16],
                stored_key: [0; KEY],
                server_key: hmac::Key::new(hmac::HMAC_SHA256, &[]),
            };
            drop(verifier.begin(&first, [7; 18]));
            let exchange = verifier.begin_with(b"n,,n=,r=x", "y").expect("well formed");
            drop(exchange.finish(&last));
        }
    }
}
