//! What the hand-written minimum of both engines has in common: the socket, the trust anchors and
//! the token.

use std::env::var;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign,
};
use aws_sigv4::sign::v4::SigningParams;
use lambda_runtime::Error;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;

/// A connection to the proxy.
///
/// # Errors
///
/// A variable is missing, or the proxy is unreachable.
pub async fn socket() -> Result<TcpStream, Error> {
    let socket = TcpStream::connect(var("DB_CONNECT_TO")?).await?;
    socket.set_nodelay(true)?;
    Ok(socket)
}

/// TLS that trusts the certificates of `DB_CA_FILE`.
///
/// # Errors
///
/// The file is missing or holds no certificates.
pub fn tls() -> Result<ClientConfig, Error> {
    let mut roots = RootCertStore::empty();
    for root in CertificateDer::pem_file_iter(var("DB_CA_FILE")?)? {
        roots.add(root?)?;
    }
    Ok(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth())
}

/// A token of IAM authentication, signed with Lambda's own credentials.
///
/// # Errors
///
/// A variable is missing, or the signer refuses.
pub fn token(host: &str, port: &str, user: &str) -> Result<String, Error> {
    let keys = Credentials::new(
        var("AWS_ACCESS_KEY_ID")?,
        var("AWS_SECRET_ACCESS_KEY")?,
        var("AWS_SESSION_TOKEN").ok(),
        None,
        "environment",
    );
    let mut settings = SigningSettings::default();
    settings.signature_location = SignatureLocation::QueryParams;
    settings.expires_in = Some(Duration::from_secs(900));
    let identity = keys.into();
    let region = var("DB_REGION")?;
    let params = SigningParams::builder()
        .identity(&identity)
        .region(&region)
        .name("rds-db")
        .time(SystemTime::now())
        .settings(settings)
        .build()?
        .into();
    let mut url = format!("https://{host}:{port}/?Action=connect&DBUser={user}");
    let request = SignableRequest::new("GET", &url, std::iter::empty(), SignableBody::Bytes(&[]))?;
    let (instructions, _) = sign(request, &params)?.into_parts();
    for (name, value) in instructions.params() {
        url.push_str(&format!("&{name}={}", percent_encode(value)));
    }
    Ok(url.split_off("https://".len()))
}

fn percent_encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(char::from(byte));
            }
            other => encoded.push_str(&format!("%{other:02X}")),
        }
    }
    encoded
}
