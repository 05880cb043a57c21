//! What is sent in place of a password: digests of it and of the server's nonce.

use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};

/// The nonce that a server sends; its length is the same for all plugins.
pub(super) const NONCE: usize = 20;

/// For `mysql_native_password`: `SHA1(password) XOR SHA1(nonce SHA1(SHA1(password)))`.
/// <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_authentication_methods_native_password_authentication.html>
pub(super) fn native(password: &[u8], nonce: &[u8; NONCE]) -> Vec<u8> {
    let sha1 = |bytes: &[u8]| digest(&SHA1_FOR_LEGACY_USE_ONLY, bytes);
    let once = sha1(password);
    let mask = sha1(&[nonce, sha1(once.as_ref()).as_ref()].concat());
    xor(once.as_ref(), mask.as_ref())
}

/// For `caching_sha2_password`: `SHA256(password) XOR SHA256(SHA256(SHA256(password)) nonce)`.
/// <https://dev.mysql.com/doc/dev/mysql-server/latest/page_caching_sha2_authentication_exchanges.html>
pub(super) fn caching_sha2(password: &[u8], nonce: &[u8; NONCE]) -> Vec<u8> {
    let sha256 = |bytes: &[u8]| digest(&SHA256, bytes);
    let once = sha256(password);
    let mask = sha256(&[sha256(once.as_ref()).as_ref(), nonce].concat());
    xor(once.as_ref(), mask.as_ref())
}

fn xor(one: &[u8], other: &[u8]) -> Vec<u8> {
    one.iter().zip(other).map(|(one, other)| one ^ other).collect()
}
