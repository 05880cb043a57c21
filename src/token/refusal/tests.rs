//! What services said, in public reports and in their documentation, and what it means.

use super::*;

fn answered(code: Option<&str>, status: u16, message: &str) -> AwsRefusal {
    let code = code.map(str::to_owned);
    AwsRefusal::Answered { code, status, message: message.to_owned(), clock: None }
}

fn check(code: &str, status: u16, message: &str, kind: RefusalKind) {
    assert_eq!(answered(Some(code), status, message).kind(), kind, "{code}: {message}");
}

#[test]
fn a_signature_of_another_time_is_the_clock_whatever_the_code() {
    let skewed = RefusalKind::ClockSkewed;
    let expired = "Signature expired: 20220127T001427Z is now earlier than 20220127T014428Z \
                   (20220127T015928Z - 15 min.)";
    check("SignatureDoesNotMatch", 403, expired, skewed);
    check("InvalidSignatureException", 400, expired, skewed);
    check("InvalidSignatureException", 400, "Signature not yet current: soon", skewed);
    check("RequestExpired", 400, "", skewed);
    check("SignatureDoesNotMatch", 403, "no match", RefusalKind::SignatureWrong);
}

#[test]
fn a_denial_says_whether_a_policy_denies_or_none_allows_and_which_kind() {
    let user = "User: arn:aws:iam::1:user/a is not authorized to perform: sts:AssumeRole on \
                resource: arn:aws:iam::2:role/b";
    for (words, kind, policy) in [
        ("", RefusalKind::Denied, None),
        (
            " because no identity-based policy allows the sts:AssumeRole action",
            RefusalKind::Denied,
            Some(PolicyKind::Identity),
        ),
        (
            " because no resource-based policy allows the sts:AssumeRole action",
            RefusalKind::Denied,
            Some(PolicyKind::Resource),
        ),
        (
            " because no permissions boundary allows the sts:AssumeRole action",
            RefusalKind::Denied,
            Some(PolicyKind::Bounding),
        ),
        (" with an explicit deny", RefusalKind::ExplicitlyDenied, None),
        (
            " with an explicit deny in a service control policy",
            RefusalKind::ExplicitlyDenied,
            Some(PolicyKind::Bounding),
        ),
    ] {
        let refusal = answered(Some("AccessDenied"), 403, &format!("{user}{words}"));
        assert_eq!((refusal.kind(), refusal.policy()), (kind, policy), "{words}");
    }
    check("AccessDeniedException", 400, "Access to KMS is not allowed", RefusalKind::KeyDenied);
}

#[test]
fn an_invalid_request_for_a_secret_is_told_apart_by_its_message() {
    let deleted =
        "You can't perform this operation on the secret because it was marked for deletion.";
    check("InvalidRequestException", 400, deleted, RefusalKind::Deleted);
    let foreign = "You can't access a secret from a different AWS account if you encrypt the \
                   secret with the default KMS service key.";
    check("InvalidRequestException", 400, foreign, RefusalKind::KeyNotShared);
    check("InvalidRequestException", 400, "something else", RefusalKind::Invalid);
}

#[test]
fn an_answer_without_a_code_is_not_an_aws_service_s_unless_it_is_a_fault() {
    for (status, kind) in [
        (200, RefusalKind::Foreign),
        (302, RefusalKind::Foreign),
        (403, RefusalKind::Foreign),
        (407, RefusalKind::Foreign),
        (429, RefusalKind::Throttled),
        (503, RefusalKind::ServiceFault),
    ] {
        assert_eq!(answered(None, status, "a text/html body").kind(), kind, "{status}");
    }
    check("SomethingNew", 503, "", RefusalKind::ServiceFault);
    check("SomethingNew", 400, "", RefusalKind::Other);
}
