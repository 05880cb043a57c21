//! The answer to CloudFormation.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html>

use serde_json::{Map, Value, json};

use super::request::ReplyTo;

/// The largest answer that CloudFormation reads, in bytes.
const LIMIT: usize = 4096;

/// The end of a reason that was cut to fit.
const CUT: &str = "…";

/// An answer: the stack continues, or it stops and shows the reason in its events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    physical_id: String,
    outcome: Result<Map<String, Value>, String>,
}

impl Answer {
    /// It is done. `data` is what `!GetAtt` on the resource gives.
    pub fn success(physical_id: &str, data: Map<String, Value>) -> Self {
        Self { physical_id: physical_id.to_owned(), outcome: Ok(data) }
    }

    /// It is not done, for this reason.
    pub fn failure(physical_id: &str, reason: &str) -> Self {
        Self { physical_id: physical_id.to_owned(), outcome: Err(reason.to_owned()) }
    }

    /// Why it failed, if it did.
    pub fn reason(&self) -> Option<&str> {
        self.outcome.as_ref().err().map(String::as_str)
    }

    /// The JSON text to deliver; a reason that is too long is cut.
    pub fn body(&self, to: &ReplyTo) -> String {
        match &self.outcome {
            Ok(data) => self.write(to, "SUCCESS", None, Some(data)),
            Err(reason) => {
                let whole = self.write(to, "FAILED", Some(reason), None);
                let Some(excess) = whole.len().checked_sub(LIMIT).filter(|excess| *excess > 0)
                else {
                    return whole;
                };
                // A character takes at least as many bytes in JSON as in the reason.
                let keep = reason.len().saturating_sub(excess + CUT.len());
                let keep = reason.floor_char_boundary(keep);
                let cut = format!("{}{CUT}", reason.get(..keep).unwrap_or_default());
                self.write(to, "FAILED", Some(&cut), None)
            }
        }
    }

    fn write(
        &self,
        to: &ReplyTo,
        status: &str,
        reason: Option<&str>,
        data: Option<&Map<String, Value>>,
    ) -> String {
        let mut body = json!({
            "Status": status,
            "PhysicalResourceId": self.physical_id,
            "StackId": to.stack_id,
            "RequestId": to.request_id,
            "LogicalResourceId": to.logical_id,
        });
        if let Some(body) = body.as_object_mut() {
            body.extend(reason.map(|reason| ("Reason".to_owned(), json!(reason))));
            body.extend(data.map(|data| ("Data".to_owned(), json!(data))));
        }
        body.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloudformation::ResponseUrl;
    use crate::config::Region;
    use proptest::prelude::*;

    fn reply_to() -> ReplyTo {
        let url = "https://cloudformation-custom-resource-response-useast1.s3.amazonaws.com/a";
        ReplyTo {
            url: ResponseUrl::parse(url, &Region::parse("us-east-1").unwrap()).unwrap(),
            stack_id: "stack".to_owned(),
            request_id: "request".to_owned(),
            logical_id: "Gate".to_owned(),
            physical_id: None,
        }
    }

    #[test]
    fn an_answer_names_its_request() {
        let data = json!({ "Status": "healthy" }).as_object().unwrap().clone();
        insta::assert_snapshot!(Answer::success("it", data).body(&reply_to()), @r#"{"Data":{"Status":"healthy"},"LogicalResourceId":"Gate","PhysicalResourceId":"it","RequestId":"request","StackId":"stack","Status":"SUCCESS"}"#);
        insta::assert_snapshot!(Answer::failure("it", "no").body(&reply_to()), @r#"{"LogicalResourceId":"Gate","PhysicalResourceId":"it","Reason":"no","RequestId":"request","StackId":"stack","Status":"FAILED"}"#);
    }

    proptest! {
        #[test]
        fn no_reason_makes_it_too_long(part in ".{1,40}", times in 1_usize..2_000) {
            let reason = part.repeat(times);
            let body = Answer::failure("it", &reason).body(&reply_to());
            prop_assert!(body.len() <= LIMIT, "{}", body.len());
            let body: Value = serde_json::from_str(&body).unwrap();
            let said = body["Reason"].as_str().unwrap();
            let kept = said.strip_suffix(CUT).unwrap_or(said);
            prop_assert!(reason.starts_with(kept));
        }
    }
}
