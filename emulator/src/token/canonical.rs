//! The signature that a token should carry.
//!
//! Owns SigV4's arithmetic for a presigned GET: canonical request, string to sign, signing key,
//! written from AWS's description. Does not know whether the token is any good otherwise.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use ring::{digest, hmac};

use super::parse::Token;

/// Everything but RFC 3986's unreserved characters is escaped:
/// <https://www.rfc-editor.org/rfc/rfc3986#section-2.3>.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What the signature of a token depends on besides the token's own parameters.
pub(crate) struct Scope<'a> {
    pub(crate) secret: &'a str,
    pub(crate) date: &'a str,
    pub(crate) region: &'a str,
    pub(crate) service: &'a str,
    pub(crate) timestamp: &'a str,
}

/// Whether `hex` is the signature of this token. Compares in constant time.
pub(crate) fn is_signature(hex: &str, token: &Token<'_>, scope: &Scope<'_>) -> bool {
    let Some(claimed) = decode_hex(hex) else { return false };
    hmac::verify(&signing_key(scope), string_to_sign(token, scope).as_bytes(), &claimed).is_ok()
}

fn canonical_request(token: &Token<'_>) -> String {
    let mut query: Vec<(String, String)> = token
        .parameters
        .iter()
        .filter(|(name, _)| name != "X-Amz-Signature")
        .map(|(name, value)| (encode(name), encode(value)))
        .collect();
    query.sort();
    let query: Vec<String> =
        query.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    format!(
        "GET\n/\n{}\nhost:{}:{}\n\nhost\n{}",
        query.join("&"),
        token.host,
        token.port,
        encode_hex(digest::digest(&digest::SHA256, b"").as_ref())
    )
}

fn string_to_sign(token: &Token<'_>, scope: &Scope<'_>) -> String {
    let request = digest::digest(&digest::SHA256, canonical_request(token).as_bytes());
    format!(
        "AWS4-HMAC-SHA256\n{}\n{}/{}/{}/aws4_request\n{}",
        scope.timestamp,
        scope.date,
        scope.region,
        scope.service,
        encode_hex(request.as_ref())
    )
}

fn signing_key(scope: &Scope<'_>) -> hmac::Key {
    let start = hmac::Key::new(hmac::HMAC_SHA256, format!("AWS4{}", scope.secret).as_bytes());
    [scope.date, scope.region, scope.service, "aws4_request"]
        .into_iter()
        .fold(start, |key, part| {
            hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&key, part.as_bytes()).as_ref())
        })
}

fn encode(text: &str) -> String {
    utf8_percent_encode(text, ESCAPED).to_string()
}

fn encode_hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 0xf])
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect()
}

/// Lower-case hexadecimal, the one form that signers write.
fn decode_hex(text: &str) -> Option<Vec<u8>> {
    if text.len() != 64 {
        return None;
    }
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let (pairs, _) = text.as_bytes().as_chunks::<2>();
    pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect()
}
