//! Which service answered instead of the database or AWS, by the first bytes that it sent.
//!
//! Servers that talk first (SSH, SMTP, FTP, MySQL) have sent a greeting before they read a
//! request; the others answer it with an error in their own protocol. Only bytes: the caller
//! decides whether the database or AWS can give such an answer.

use std::fmt;

/// What kind of server sent the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// An SSH server: [RFC 4253, section 4.2](https://www.rfc-editor.org/rfc/rfc4253#section-4.2).
    Ssh,
    /// A mail server: [RFC 5321, section 4.2](https://www.rfc-editor.org/rfc/rfc5321#section-4.2).
    Smtp,
    /// MySQL or MariaDB:
    /// <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase.html>.
    Mysql,
    /// A PostgreSQL where another service was expected. It says nothing before it is asked, so it is
    /// recognized by asking.
    PostgreSql,
    /// A web server: [RFC 9112, section 4](https://www.rfc-editor.org/rfc/rfc9112#section-4).
    Http,
    /// A server that expects TLS without being asked for it, such as a load balancer:
    /// [RFC 8446, section 5.1](https://www.rfc-editor.org/rfc/rfc8446#section-5.1).
    Tls,
    /// Redis or Valkey: <https://redis.io/docs/latest/develop/reference/protocol-spec/>.
    Redis,
    /// An FTP server: [RFC 959, section 4.2](https://www.rfc-editor.org/rfc/rfc959#page-35).
    Ftp,
    /// Another.
    Unknown,
}

impl Service {
    /// The service whose protocol has messages that begin like this.
    pub fn of(bytes: &[u8]) -> Self {
        // nginx answers a request that it cannot read with a page alone, without a status line.
        const HTTP: [&[u8]; 4] = [b"HTTP/", b"<html", b"<HTML", b"<!DOCTYPE"];
        const REDIS: [&[u8]; 5] = [b"-ERR", b"-DENIED", b"-NOAUTH", b"-LOADING", b"-WRONG"];
        let begins_with = |start: &&[u8]| bytes.starts_with(start);
        // What sshd sends instead of its version when too many clients are logging in.
        if bytes.starts_with(b"SSH-") || bytes.starts_with(b"Exceeded MaxStartups") {
            Self::Ssh
        } else if HTTP.iter().any(begins_with) || is_http2(bytes) {
            Self::Http
        } else if REDIS.iter().any(begins_with) {
            Self::Redis
        } else if is_mysql(bytes) {
            Self::Mysql
        } else if is_reply(bytes) {
            if contains(bytes, b"FTP") { Self::Ftp } else { Self::Smtp }
        } else if matches!(bytes, [0x15 | 0x16, 0x03, ..]) {
            Self::Tls
        } else {
            Self::Unknown
        }
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ssh => "an SSH server",
            Self::Smtp => "an SMTP server",
            Self::Mysql => "a MySQL server",
            Self::PostgreSql => "a PostgreSQL server",
            Self::Http => "an HTTP server",
            Self::Tls => "a TLS server",
            Self::Redis => "a Redis server",
            Self::Ftp => "an FTP server",
            Self::Unknown => "an unknown server",
        })
    }
}

/// A packet, of protocol version 10 with the server's version in digits, or an error with one of
/// the server's error numbers. A PostgreSQL `ErrorResponse` of 10 or 255 bytes begins alike, but
/// goes on with a field's letter.
fn is_mysql(bytes: &[u8]) -> bool {
    match bytes {
        [_, _, 0, 0 | 1, 10, digit, ..] => digit.is_ascii_digit(),
        [_, _, 0, 0 | 1, 0xff, low, high, ..] => {
            (1000..5000).contains(&u16::from_le_bytes([*low, *high]))
        }
        _ => false,
    }
}

/// A `SETTINGS` frame of the whole connection, which an HTTP/2 server sends first:
/// [RFC 9113, section 3.4](https://www.rfc-editor.org/rfc/rfc9113#section-3.4).
fn is_http2(bytes: &[u8]) -> bool {
    matches!(bytes, [0, 0, _, 4, 0, 0, 0, 0, 0, ..])
}

/// A greeting of SMTP or FTP (`220`), or their answer when they accept no client (`421`, `554`).
fn is_reply(bytes: &[u8]) -> bool {
    matches!(bytes, [b'2', b'2', b'0', b' ' | b'-', ..])
        || matches!(bytes, [b'4', b'2', b'1', b' ' | b'-', ..])
        || matches!(bytes, [b'5', b'5', b'4', b' ' | b'-', ..])
}

fn contains(bytes: &[u8], word: &[u8]) -> bool {
    bytes.windows(word.len()).any(|window| window.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_recognised_by_its_first_bytes() {
        let rows: [(&[u8], Service); 24] = [
            (b"SSH-2.0-OpenSSH_9.6\r\n", Service::Ssh),
            (b"SSH-1.99-Cisco-1.25\n", Service::Ssh),
            (b"Exceeded MaxStartups\r\n", Service::Ssh),
            (b"220 mail.example.com ESMTP Postfix\r\n", Service::Smtp),
            (b"220 mail.example.com ready\r\n", Service::Smtp),
            (b"554 No SMTP service here\r\n", Service::Smtp),
            (b"421 Too many connections\r\n", Service::Smtp),
            (b"220 (vsFTPd 3.0.5)\r\n", Service::Ftp),
            (b"220-FileZilla Server 1.8\r\n220 ftp.example.com\r\n", Service::Ftp),
            (b"J\0\0\0\x0a8.0.36\0\x08\0\0\0", Service::Mysql),
            (b"S\0\0\0\x0a8.4.3\0", Service::Mysql),
            (b"E\0\0\0\x0a5.7.44-log\0", Service::Mysql),
            (b"m\0\0\0\x0a11.4.2-MariaDB\0", Service::Mysql),
            (b"E\0\0\0\xff\x6a\x04Host '10.0.0.1' is not allowed", Service::Mysql),
            (b"\x17\0\0\0\xff\x10\x04Too many connections", Service::Mysql),
            (b"HTTP/1.1 400 Bad Request\r\n", Service::Http),
            (b"<html>\r\n<head><title>400 Bad Request</title></head>", Service::Http),
            (b"\0\0\x12\x04\0\0\0\0\0\0\x03", Service::Http),
            (b"\x15\x03\x01\0\x02\x02\x46", Service::Tls),
            (b"-ERR Protocol error: unauthenticated bulk length\r\n", Service::Redis),
            (b"-DENIED Redis is running in protected mode", Service::Redis),
            (b"\xde\xad\xbe\xef", Service::Unknown),
            (b"H", Service::Unknown),
            (b"", Service::Unknown),
        ];
        for (bytes, expected) in rows {
            assert_eq!(Service::of(bytes), expected, "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn what_postgresql_says_is_no_other_service() {
        let of_ten = b"E\0\0\0\x0aSFATAL\0";
        let of_255 = b"E\0\0\0\xffSFATAL\0VFATAL\0C53300\0Msorry, too many clients already\0";
        let before_version_14 = b"Ecould not fork new process for connection: Cannot allocate";
        for answer in [&of_ten[..], of_255, before_version_14, b"S", b"N", b"S\x16\x03\x03"] {
            assert_eq!(Service::of(answer), Service::Unknown, "{}", answer.escape_ascii());
        }
    }
}
