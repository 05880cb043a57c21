//! Secrets: a value whose `Debug` shows nothing, and texts with such values redacted.
//!
//! A server may repeat what it was sent. Its messages go into the report, so every secret of this
//! process is redacted before they are kept.

use std::collections::HashSet;
use std::fmt;

use aws_credential_types::Credentials;

use super::encode::percent_encode;

/// A value whose `Debug` shows nothing, and that has neither `Display` nor equality.
#[derive(Clone)]
pub struct Redacted<T>(T);

impl<T> Redacted<T> {
    /// Hides `value`.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself; each call needs a reason.
    pub(crate) fn expose(&self) -> &T {
        &self.0
    }

    pub(super) fn into_inner(self) -> T {
        self.0
    }
}

impl<T> fmt::Debug for Redacted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("redacted")
    }
}

/// The secrets of one login, to be redacted from a server's messages.
#[derive(Clone, Debug, Default)]
pub struct Secrets(Vec<Redacted<String>>);

/// How many hexadecimal digits a signature of SigV4 has: those of a SHA-256.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>
const SIGNATURE: usize = 64;

/// `text` without anything that may be a signature: a service that rejects one may repeat it, and
/// its request could be replayed for some minutes.
pub(super) fn strike_out_signatures(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_hexdigit()).len();
        let (head, tail) = rest.split_at(digits);
        shown.push_str(if digits >= SIGNATURE { "(redacted)" } else { head });
        let other = tail.find(|c: char| c.is_ascii_hexdigit()).unwrap_or(tail.len());
        let (between, tail) = tail.split_at(other);
        shown.push_str(between);
        rest = tail;
    }
    shown
}

/// How many characters of a peer's bytes are shown.
const SHOWN: usize = 80;

/// A part of a secret of this length is redacted too: half of an access key's.
const PART: usize = 16;

impl Secrets {
    /// Those of access keys; the key's id is none.
    pub fn of_keys(keys: &Credentials) -> Self {
        let mut secrets = Self::default();
        secrets.add(keys.secret_access_key());
        if let Some(token) = keys.session_token() {
            secrets.add(token);
            secrets.add(percent_encode(token).to_string());
        }
        secrets
    }

    /// Adds one secret.
    pub fn add(&mut self, secret: impl Into<String>) {
        let secret = secret.into();
        if !secret.is_empty() {
            self.0.push(Redacted::new(secret));
        }
    }

    /// Adds all others.
    pub fn extend(&mut self, others: &Self) {
        self.0.extend(others.0.iter().cloned());
    }

    /// `text` with every secret in it replaced, and every part of one that is at least
    /// 16 bytes long, since a server may have cut what it repeats.
    pub fn strike_out(&self, text: &str) -> String {
        let bytes = Bytes::of(text);
        let is_suspect =
            |secret: &[u8]| text.len() >= PART.min(secret.len()) && bytes.may_share_a_part(secret);
        let mut suspects = (self.0.iter())
            .map(|secret| secret.expose().as_bytes())
            .filter(|secret| is_suspect(secret))
            .peekable();
        if suspects.peek().is_none() {
            return text.to_owned();
        }
        let mut struck = vec![false; text.len()];
        for secret in suspects {
            let length = PART.min(secret.len());
            let parts: HashSet<&[u8]> =
                bytes.stretches_of(secret).flat_map(|stretch| stretch.windows(length)).collect();
            for (start, window) in text.as_bytes().windows(length).enumerate() {
                if parts.contains(window) {
                    struck.iter_mut().skip(start).take(length).for_each(|byte| *byte = true);
                }
            }
        }
        let mut shown = String::with_capacity(text.len());
        let mut in_secret = false;
        for (letter, struck) in
            text.char_indices().map(|(at, letter)| (letter, struck.get(at) == Some(&true)))
        {
            match (struck, in_secret) {
                (true, false) => shown.push_str("(redacted)"),
                (true, true) => {}
                (false, _) => shown.push(letter),
            }
            in_secret = struck;
        }
        shown
    }

    /// A server's text, without secrets, cut to `limit` characters.
    pub fn clean(&self, text: &str, limit: usize) -> String {
        let text = self.strike_out(text);
        // It has at most as many characters as bytes.
        if text.len() <= limit {
            return text;
        }
        match text.char_indices().nth(limit) {
            Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
            None => text,
        }
    }

    /// Bytes from a peer, safe for a report: escaped, bounded, and without secrets or anything that
    /// may be a signature.
    pub fn show(&self, bytes: &[u8]) -> String {
        let mut text = String::new();
        for chunk in bytes.utf8_chunks() {
            text.extend(strike_out_signatures(&self.strike_out(chunk.valid())).escape_debug());
            text.push_str(&chunk.invalid().escape_ascii().to_string());
        }
        match text.char_indices().nth(SHOWN) {
            Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
            None => text,
        }
    }
}

/// The bytes that occur in a text.
struct Bytes([bool; 256]);

impl Bytes {
    fn of(text: &str) -> Self {
        let mut occurs = [false; 256];
        for byte in text.bytes() {
            if let Some(slot) = occurs.get_mut(usize::from(byte)) {
                *slot = true;
            }
        }
        Self(occurs)
    }

    fn contain(&self, byte: u8) -> bool {
        self.0.get(usize::from(byte)) == Some(&true)
    }

    /// Whether the text can contain a part of a secret: only if that many consecutive bytes of the
    /// secret occur in it at all. This decides for nearly all texts of a database's answer. No part
    /// has a byte that does not occur, so most of a long secret is not looked at: a session token
    /// has over a thousand bytes.
    fn may_share_a_part(&self, secret: &[u8]) -> bool {
        let length = PART.min(secret.len());
        let mut start = 0;
        while let Some(part) = secret.get(start..start + length) {
            match part.iter().rposition(|byte| !self.contain(*byte)) {
                Some(last) => start += last + 1,
                None => return true,
            }
        }
        false
    }

    /// The stretches of a secret whose bytes all occur in the text: no part that it can contain is
    /// anywhere else.
    fn stretches_of<'a>(&self, secret: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
        secret.split(|byte| !self.contain(*byte))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_secret_is_struck_out_wherever_it_stands() {
        let mut secrets = Secrets::default();
        secrets.add("hunter2");
        let text = "no: hunter2, hunter2";
        assert_eq!(secrets.strike_out(text), "no: (redacted), (redacted)");
        assert_eq!(format!("{secrets:?}"), "Secrets([redacted])");
    }

    #[test]
    fn a_part_of_a_secret_is_struck_out_too() {
        let mut secrets = Secrets::default();
        secrets.add("0123456789abcdef0123456789ABCDEF");
        let text = "bad token …89abcdef0123456789AB… for ünïcode";
        assert_eq!(secrets.strike_out(text), "bad token …(redacted)… for ünïcode");
    }

    #[test]
    fn what_a_peer_sent_is_shown_escaped_bounded_and_without_secrets() {
        let mut secrets = Secrets::default();
        secrets.add("0123456789abcdef0123456789abcdef");
        assert_eq!(secrets.show(b"SSH-2.0-x\r\n\x1b[31m"), r"SSH-2.0-x\r\n\u{1b}[31m");
        assert_eq!(secrets.show(b"J\0\0\xff\x0a'"), r"J\0\0\xff\n\'");
        assert_eq!(secrets.show(b"-ERR 0123456789abcdef0123456789abcdef?"), "-ERR (redacted)?");
        assert_eq!(secrets.show("f0".repeat(32).as_bytes()), "(redacted)");
        assert_eq!(secrets.show(&[b'x'; 256]), format!("{}…", "x".repeat(SHOWN)));
    }

    #[test]
    fn a_signature_is_struck_out_of_an_error_that_repeats_the_request() {
        let signature = "0123456789abcdef".repeat(4);
        let text = format!("'Credential=AKIA/20261121, Signature={signature}' is not valid");
        let shown = "'Credential=AKIA/20261121, Signature=(redacted)' is not valid";
        assert_eq!(strike_out_signatures(&text), shown);
        for kept in ["", "no digits", "ünïcode 0123abc", &"f".repeat(63)] {
            assert_eq!(strike_out_signatures(kept), kept);
        }
    }

    proptest! {
        #[test]
        fn what_is_looked_for_is_all_that_could_be_found(
            secret in "[ab]{1,40}", text in "[abc]{0,40}",
        ) {
            let length = PART.min(secret.len());
            let shared = secret.as_bytes().windows(length).any(|part| {
                text.as_bytes().windows(length).any(|window| window == part)
            });
            prop_assert!(!shared || Bytes::of(&text).may_share_a_part(secret.as_bytes()));
        }

        #[test]
        fn each_part_that_a_text_shares_with_a_secret_is_struck_out_and_nothing_else(
            secret in "[abc]{1,60}", text in "[abcd]{0,60}",
        ) {
            let mut secrets = Secrets::default();
            secrets.add(secret.as_str());
            let length = PART.min(secret.len());
            let is_part = |window: &[u8]| secret.as_bytes().windows(length).any(|it| it == window);
            let mut expected = text.clone().into_bytes();
            for (start, window) in text.as_bytes().windows(length).enumerate() {
                if is_part(window) {
                    expected[start..start + length].fill(b'*');
                }
            }
            let shown = secrets.strike_out(&text);
            let expected = String::from_utf8(expected).unwrap();
            let stars: Vec<&str> = expected.split('*').filter(|kept| !kept.is_empty()).collect();
            let kept: Vec<&str> = shown.split("(redacted)").filter(|kept| !kept.is_empty()).collect();
            prop_assert_eq!(kept, stars);
        }

        #[test]
        fn no_part_of_a_secret_stays(
            secret in "[a-z]{20,40}", before in ".{0,20}", after in ".{0,20}", cut in 0_usize..4,
        ) {
            let mut secrets = Secrets::default();
            secrets.add(secret.as_str());
            let part: String = secret.chars().skip(cut).take(16).collect();
            let shown = secrets.strike_out(&format!("{before}{part}{after}"));
            prop_assert!(!shown.contains(&part));
        }
    }
}
