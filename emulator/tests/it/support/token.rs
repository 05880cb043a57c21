//! Tokens by AWS's own Rust signer.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign as sign_request,
};
use aws_sigv4::sign::v4;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use rds_proxy_emulator::{Emulator, Principal};

use super::variable;

/// A token of the demo principal's for this emulator's read/write endpoint.
pub(crate) fn token(emulator: &Emulator, user: &str) -> String {
    sign(&Principal::demo(), &variable(emulator, "DB_HOST"), user, SystemTime::now())
}

/// A token of a principal's, for a host of `us-east-1`.
pub(crate) fn sign(principal: &Principal, host: &str, user: &str, now: SystemTime) -> String {
    sign_for_port(principal, (host, 5432), user, now)
}

/// The same, for another port than RDS Proxy's.
pub(crate) fn sign_for_port(
    principal: &Principal,
    (host, port): (&str, u16),
    user: &str,
    now: SystemTime,
) -> String {
    let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let session = principal.session_token().map(str::to_owned);
    let (id, secret) = (&principal.access_key_id, principal.secret());
    let identity = Credentials::new(id, secret, session, None, "test").into();
    let mut settings = SigningSettings::default();
    settings.signature_location = SignatureLocation::QueryParams;
    settings.expires_in = Some(Duration::from_mins(15));
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region("us-east-1")
        .name("rds-db")
        .time(now)
        .settings(settings)
        .build()
        .expect("complete parameters")
        .into();
    let mut url = format!("https://{host}:{port}/?Action=connect&DBUser={}", encode(user));
    let request =
        SignableRequest::new("GET", &url, std::iter::empty(), SignableBody::Bytes(b"")).unwrap();
    let (instructions, _) = sign_request(request, &params).expect("a signature").into_parts();
    for (name, value) in instructions.params() {
        url.extend(["&", name, "=", &encode(value)]);
    }
    url.split_off("https://".len())
}
