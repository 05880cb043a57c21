//! The report as an HTTP response, in the form that API Gateway, Function URLs and application
//! load balancers share.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Response<'a> {
    status_code: u16,
    headers: Headers,
    body: &'a str,
    is_base64_encoded: bool,
}

#[derive(Serialize)]
struct Headers {
    #[serde(rename = "content-type")]
    content_type: &'static str,
    #[serde(rename = "cache-control")]
    cache_control: &'static str,
}

pub(super) fn response(status_code: u16, body: &str) -> serde_json::Result<Box<RawValue>> {
    let headers = Headers { content_type: "application/json", cache_control: "no-store" };
    to_raw_value(&Response { status_code, headers, body, is_base64_encoded: false })
}
