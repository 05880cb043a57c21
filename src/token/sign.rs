//! The token itself: a presigned `GET` that is never sent, without its scheme.
//!
//! `aws-sigv4` signs. `aws-sdk-rds` has a generator too, but it does not encode the user, and silently
//! uses another source for the region.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::SigningOutput;
use aws_sigv4::http_request::{
    SignableBody, SignableRequest, SignatureLocation, SigningInstructions, SigningParams,
    SigningSettings, sign,
};
use aws_sigv4::sign::v4;

use super::encode::percent_encode;
use super::error::SignError;
use super::{AuthToken, LIFETIME};
use crate::clock::rfc3339_seconds;
use crate::config::{DbUser, Endpoint};

/// The service that the token is scoped to.
const SERVICE: &str = "rds-db";
const SCHEME: &str = "https://";

/// The keys that sign a request, for which service and when.
#[derive(Clone, Copy, Debug)]
pub struct Signer<'a> {
    /// The keys.
    pub keys: &'a Credentials,
    /// The region that the signature is for.
    pub region: &'a str,
    /// The service's name in signatures.
    pub service: &'a str,
    /// The time of the signature.
    pub now: SystemTime,
}

impl Signer<'_> {
    /// What to add to the request.
    pub(super) fn sign(
        &self,
        request: SignableRequest<'_>,
        settings: SigningSettings,
    ) -> Result<SigningOutput<SigningInstructions>, SignError> {
        // aws-sigv4 panics at a date that does not fit eight digits.
        if rfc3339_seconds(self.now).is_empty() {
            return Err(SignError::new("this machine's clock is outside the years 1 to 9999"));
        }
        let identity = self.keys.clone().into();
        let params: SigningParams<'_> = v4::SigningParams::builder()
            .identity(&identity)
            .region(self.region)
            .name(self.service)
            .time(self.now)
            .settings(settings)
            .build()
            .map_err(SignError::new)?
            .into();
        sign(request, &params).map_err(SignError::new)
    }
}

/// Signs a token for `user` at `endpoint`, valid from `now` for [`LIFETIME`].
///
/// This is local, without a call to AWS: a signed token proves no permission.
/// Shape: <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.Connecting.html>
///
/// # Errors
/// [`SignError`] if the clock is outside the calendar, or `aws-sigv4` rejects its input.
pub fn sign_token(
    endpoint: &Endpoint,
    user: &DbUser,
    keys: &Credentials,
    now: SystemTime,
) -> Result<AuthToken, SignError> {
    let Endpoint { host, port, region, region_source: _ } = endpoint;
    let user = percent_encode(user.as_str());
    let mut url = format!("{SCHEME}{host}:{port}/?Action=connect&DBUser={user}");

    let mut settings = SigningSettings::default();
    settings.signature_location = SignatureLocation::QueryParams;
    settings.expires_in = Some(LIFETIME);
    let request =
        SignableRequest::new("GET", url.as_str(), std::iter::empty(), SignableBody::Bytes(&[]))
            .map_err(SignError::new)?;
    let signer = Signer { keys, region: region.as_str(), service: SERVICE, now };
    let (instructions, signature) = signer.sign(request, settings)?.into_parts();
    // The signature goes last, as in every other SDK; aws-sigv4 puts the session token behind it.
    let (signature_last, others): (Vec<_>, Vec<_>) =
        instructions.params().iter().partition(|(name, _)| *name == "X-Amz-Signature");
    for (name, value) in others.into_iter().chain(signature_last) {
        url.push('&');
        url.push_str(name);
        url.push('=');
        url.extend(percent_encode(value));
    }
    Ok(AuthToken::new(url.split_off(SCHEME.len()), signature, keys.session_token()))
}
