//! Commands to paste: names may hold anything.

use serde_json::json;

/// A word for a POSIX shell: as it is if nothing in it means anything there.
pub(super) fn word(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./:=@%+,".contains(&byte);
    if !text.is_empty() && text.bytes().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// `aws SERVICE OPERATION --region REGION`, to be continued.
pub(super) fn aws(service_and_operation: &str, region: &str) -> String {
    format!("aws {service_and_operation} --region {}", word(region))
}

/// Gives a role one more inline policy, under a name that none of its policies has.
pub(super) fn allow(role: &str, taken: &[String], action: &str, resource: &str) -> String {
    let base = action.replace(':', "-");
    let mut names =
        (1..).map(|number| if number == 1 { base.clone() } else { format!("{base}-{number}") });
    let name = names.find(|name| !taken.contains(name)).unwrap_or_default();
    let document = json!({
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": action, "Resource": resource}],
    });
    format!(
        "aws iam put-role-policy --role-name {} --policy-name {name} --policy-document {}",
        word(role),
        word(&document.to_string())
    )
}

/// Allows traffic into a security group, or out of it.
pub(super) fn open(
    (direction, region): (&str, &str),
    group: &str,
    port: u16,
    peer: &str,
) -> String {
    let permission = format!(
        "IpProtocol=tcp,FromPort={port},ToPort={port},UserIdGroupPairs=[{{GroupId={peer}}}]"
    );
    format!(
        "{} --group-id {} --ip-permissions {}",
        aws(&format!("ec2 authorize-security-group-{direction}"), region),
        word(group),
        word(&permission)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_means_itself_to_the_shell() {
        for (text, expected) in [
            ("app-1", "app-1"),
            ("arn:aws:iam::1:role/a", "arn:aws:iam::1:role/a"),
            ("", "''"),
            ("a b", "'a b'"),
            ("it's; rm", "'it'\\''s; rm'"),
            ("$(x)", "'$(x)'"),
        ] {
            assert_eq!(word(text), expected);
        }
    }

    #[test]
    fn a_new_policy_replaces_none() {
        let taken = ["rds-db-connect".to_owned(), "rds-db-connect-2".to_owned()];
        let command = allow("role", &taken, "rds-db:connect", "arn");
        assert!(command.contains("--policy-name rds-db-connect-3 "), "{command}");
    }
}
