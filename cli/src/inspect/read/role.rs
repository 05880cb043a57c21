//! A role with its policies, by IAM.
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html>

use percent_encoding::percent_decode_str;

use super::Reader;
use crate::inspect::account::{Answer, Call, Policy, Role};
use crate::inspect::aws::{Node, Page, Parameters, Service};

/// The most policies of a role that are read; it may have 20 attached ones.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
const POLICIES: usize = 50;

impl Reader<'_> {
    /// A role. One of another account can't be read from this one.
    pub(super) async fn role(&self, arn: Option<&str>, own: Option<&str>) -> Answer<Role> {
        let Some(arn) = arn else { return Answer::Unknown };
        let account = arn.split(':').nth(4);
        if own.is_some() && account != own {
            let reason = "it is in another account: inspect it there, with --role-arn".to_owned();
            self.skip(Call::GetRole, arn, reason);
            return Answer::Unknown;
        }
        let name = arn.rsplit('/').next().unwrap_or(arn);
        let (trust, policies) = tokio::join!(self.trust(name), self.policies(name));
        let (trust, boundary) = match trust {
            Answer::Absent => return Answer::Absent,
            Answer::Known((trust, boundary)) => {
                (Answer::Known(trust), self.boundary(boundary).await)
            }
            Answer::Unknown => (Answer::Unknown, Answer::Unknown),
        };
        let simulated = vec![];
        Answer::Known(Role { arn: arn.to_owned(), trust, policies, boundary, simulated })
    }

    /// The role that signs, if one is assumed.
    pub(super) async fn assumed(
        &self,
        arn: Option<&str>,
        own: Option<&str>,
    ) -> Option<Answer<Role>> {
        Some(self.role(Some(arn?), own).await)
    }

    /// The trust policy, and the boundary's ARN.
    async fn trust(&self, name: &str) -> Answer<(String, Option<String>)> {
        let answer = self
            .iam("GetRole", &named("RoleName", name), |root| {
                let role = root.find("Role")?;
                let trust = decoded(role.text("AssumeRolePolicyDocument")?);
                let boundary = role.child("PermissionsBoundary");
                Some((trust, boundary.and_then(|it| it.string("PermissionsBoundaryArn"))))
            })
            .await;
        flat(self.note(Call::GetRole, name, answer))
    }

    async fn boundary(&self, arn: Option<String>) -> Answer<String> {
        match arn {
            Some(arn) => self.managed(&arn).await,
            None => Answer::Absent,
        }
    }

    /// All policies, if all could be read.
    async fn policies(&self, role: &str) -> Answer<Vec<Policy>> {
        let (inline, attached) = tokio::join!(self.inline(role), self.attached(role));
        match (inline, attached) {
            (Answer::Known(mut inline), Answer::Known(attached)) => {
                inline.extend(attached);
                Answer::Known(inline)
            }
            (Answer::Absent, _) | (_, Answer::Absent) => Answer::Absent,
            (Answer::Unknown, _) | (_, Answer::Unknown) => Answer::Unknown,
        }
    }

    async fn inline(&self, role: &str) -> Answer<Vec<Policy>> {
        let parameters = named("RoleName", role);
        let call = (Service::Iam, "ListRolePolicies");
        let names = self.client.list(call, &parameters, |root| {
            page(root, "PolicyNames", |item| item.own_text().map(str::to_owned))
        });
        let names = match self.note(Call::ListRolePolicies, role, names.await) {
            Answer::Known(names) => names,
            Answer::Absent => return Answer::Absent,
            Answer::Unknown => return Answer::Unknown,
        };
        let mut policies = Vec::new();
        for name in names.into_iter().take(POLICIES) {
            let mut parameters = parameters.clone();
            parameters.extend(named("PolicyName", &name));
            let answer = self
                .iam("GetRolePolicy", &parameters, |root| {
                    root.find("PolicyDocument").and_then(Node::own_text).map(decoded)
                })
                .await;
            match flat(self.note(Call::GetRolePolicy, role, answer)) {
                Answer::Known(document) => policies.push(Policy { name, document }),
                // It was deleted in between.
                Answer::Absent => {}
                Answer::Unknown => return Answer::Unknown,
            }
        }
        Answer::Known(policies)
    }

    async fn attached(&self, role: &str) -> Answer<Vec<Policy>> {
        let call = (Service::Iam, "ListAttachedRolePolicies");
        let parameters = named("RoleName", role);
        let listed = self.client.list(call, &parameters, |root| {
            page(root, "AttachedPolicies", |item| {
                Some((item.string("PolicyName")?, item.string("PolicyArn")?))
            })
        });
        let listed = match self.note(Call::ListAttachedRolePolicies, role, listed.await) {
            Answer::Known(listed) => listed,
            Answer::Absent => return Answer::Absent,
            Answer::Unknown => return Answer::Unknown,
        };
        let mut policies = Vec::new();
        for (name, arn) in listed.into_iter().take(POLICIES) {
            match self.managed(&arn).await {
                Answer::Known(document) => policies.push(Policy { name, document }),
                Answer::Absent => {}
                Answer::Unknown => return Answer::Unknown,
            }
        }
        Answer::Known(policies)
    }

    /// The default version of a managed policy.
    async fn managed(&self, arn: &str) -> Answer<String> {
        let mut parameters = named("PolicyArn", arn);
        let version = self
            .iam("GetPolicy", &parameters, |root| {
                root.find("DefaultVersionId").and_then(Node::own_text).map(str::to_owned)
            })
            .await;
        let version = match flat(self.note(Call::GetPolicy, arn, version)) {
            Answer::Known(version) => version,
            Answer::Absent => return Answer::Absent,
            Answer::Unknown => return Answer::Unknown,
        };
        parameters.extend(named("VersionId", &version));
        let document = self
            .iam("GetPolicyVersion", &parameters, |root| {
                root.find("Document").and_then(Node::own_text).map(decoded)
            })
            .await;
        flat(self.note(Call::GetPolicyVersion, arn, document))
    }

    async fn iam<T>(
        &self,
        action: &str,
        parameters: &Parameters,
        read: impl FnOnce(Node<'_>) -> T,
    ) -> Result<Answer<T>, rds_proxy_probe::token::AwsRefusal> {
        self.client.query((Service::Iam, action), parameters, read).await
    }
}

fn named(name: &str, value: &str) -> Parameters {
    vec![(name.to_owned(), value.to_owned())]
}

/// A page of one of IAM's lists.
fn page<T>(root: Node<'_>, list: &str, read: impl Fn(Node<'_>) -> Option<T>) -> Page<T> {
    let items = root.find(list).into_iter().flat_map(Node::children);
    let next = root.find("IsTruncated").and_then(Node::own_text) == Some("true");
    let marker = root.find("Marker").and_then(Node::own_text).filter(|_| next);
    (items.filter_map(read).collect(), marker.map(|marker| ("Marker", marker.to_owned())))
}

/// Documents are percent-encoded ([RFC 3986](https://www.rfc-editor.org/rfc/rfc3986)).
fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// An answer without the element that was looked for counts as none.
fn flat<T>(answer: Answer<Option<T>>) -> Answer<T> {
    match answer {
        Answer::Known(Some(value)) => Answer::Known(value),
        Answer::Known(None) | Answer::Unknown => Answer::Unknown,
        Answer::Absent => Answer::Absent,
    }
}
