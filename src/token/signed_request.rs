//! A request to AWS that is signed in its headers, for calls without a client of the SDK's.

use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;

use super::error::SignError;
use super::sign::Signer;

impl Signer<'_> {
    /// The request, ready to be sent; its length is added to its headers.
    ///
    /// # Errors
    /// [`SignError`] if the clock is outside the calendar, or a part of it has no valid form.
    pub fn request(
        &self,
        (method, url): (&str, &str),
        headers: &[(&'static str, &str)],
        body: &str,
    ) -> Result<HttpRequest, SignError> {
        let signable = SignableBody::Bytes(body.as_bytes());
        let signable = SignableRequest::new(method, url, headers.iter().copied(), signable)
            .map_err(SignError::new)?;
        let (instructions, _) = self.sign(signable, SigningSettings::default())?.into_parts();
        let mut request = HttpRequest::new(SdkBody::from(body));
        request.set_method(method).map_err(SignError::new)?;
        request.set_uri(url).map_err(SignError::new)?;
        let length = body.len().to_string();
        let headers = headers.iter().copied().chain([("content-length", length.as_str())]);
        for (name, value) in headers.chain(instructions.headers()) {
            let (name, value) = (name.to_owned(), value.to_owned());
            request.headers_mut().try_insert(name, value).map_err(SignError::new)?;
        }
        Ok(request)
    }
}
