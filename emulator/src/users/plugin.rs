//! MySQL's ways to prove a password: authentication plugins.
//!
//! Owns their names and what each makes of a password and a challenge, for both sides: the emulator
//! judges its clients' answers by it, and answers a database itself. The packets are `client::mysql`'s
//! and `backend::mysql`'s.

use ring::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY, SHA256};

/// A way to prove a password, or a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Plugin {
    /// In clear, inside TLS.
    /// <https://dev.mysql.com/doc/refman/8.4/en/cleartext-pluggable-authentication.html>
    Clear,
    /// By SHA-256, or in clear inside TLS.
    /// <https://dev.mysql.com/doc/refman/8.4/en/caching-sha2-pluggable-authentication.html>
    CachingSha2,
    /// By SHA-1.
    /// <https://dev.mysql.com/doc/refman/8.0/en/native-pluggable-authentication.html>
    Native,
}

impl Plugin {
    const ALL: [Self; 3] = [Self::Clear, Self::CachingSha2, Self::Native];

    /// As the protocol has it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Clear => "mysql_clear_password",
            Self::CachingSha2 => "caching_sha2_password",
            Self::Native => "mysql_native_password",
        }
    }

    /// The plugin of this name, if it is one of these.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|plugin| plugin.name() == name)
    }

    /// The answer to a challenge. Nothing proves an empty password.
    pub(crate) fn answer(self, password: &[u8], challenge: &[u8]) -> Vec<u8> {
        match self {
            Self::Clear => [password, b"\0"].concat(),
            Self::CachingSha2 | Self::Native if password.is_empty() => Vec::new(),
            Self::CachingSha2 => caching_sha2(password, challenge),
            Self::Native => native(password, challenge),
        }
    }
}

/// `SHA1(password) XOR SHA1(challenge + SHA1(SHA1(password)))`.
/// <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_authentication_methods_native_password_authentication.html>
fn native(password: &[u8], challenge: &[u8]) -> Vec<u8> {
    let sha1 = |parts: &[&[u8]]| digest(Context::new(&SHA1_FOR_LEGACY_USE_ONLY), parts);
    let once = sha1(&[password]);
    xor(&once, &sha1(&[challenge, &sha1(&[&once])]))
}

/// `SHA256(password) XOR SHA256(SHA256(SHA256(password)) + challenge)`.
/// <https://dev.mysql.com/doc/dev/mysql-server/latest/page_caching_sha2_authentication_exchanges.html>
fn caching_sha2(password: &[u8], challenge: &[u8]) -> Vec<u8> {
    let sha256 = |parts: &[&[u8]]| digest(Context::new(&SHA256), parts);
    let once = sha256(&[password]);
    xor(&once, &sha256(&[&sha256(&[&once]), challenge]))
}

fn digest(mut context: Context, parts: &[&[u8]]) -> Vec<u8> {
    for part in parts {
        context.update(part);
    }
    context.finish().as_ref().to_vec()
}

fn xor(a: &[u8], b: &[u8]) -> Vec<u8> {
    a.iter().zip(b).map(|(a, b)| a ^ b).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
    }

    /// By Python's `hashlib`, from the formulas of MySQL's documentation.
    #[test]
    fn the_answers_are_those_of_the_documented_formulas() {
        let challenge = b"abcdefghijklmnopqrst";
        let native = Plugin::Native.answer(b"secret", challenge);
        assert_eq!(hex(&native), "8817c50fa779daef010ee7577825b0847df9842e");
        let sha2 = Plugin::CachingSha2.answer(b"secret", challenge);
        assert_eq!(hex(&sha2), "c76e2898612a4cf042c77fa8c4702c4c64c0c2c557c53c4d75595aaa6abae809");
        assert_eq!(Plugin::Clear.answer(b"secret", challenge), b"secret\0");
        assert_eq!(Plugin::Native.answer(b"", challenge), b"");
    }

    #[test]
    fn a_plugin_is_known_by_its_name() {
        assert_eq!(Plugin::named("caching_sha2_password"), Some(Plugin::CachingSha2));
        assert_eq!(Plugin::named("client_ed25519"), None);
    }
}
