//! Whether a role is allowed to do something, and why not: IAM's simulator decides, and the
//! policies explain. Without the simulator, the policies decide.

use crate::inspect::account::{Answer, Decision, Role};
use crate::inspect::policy::{Context, Document, Request, Statement, Verdict, decide};

/// Whether a role is allowed to do something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Permission {
    Granted,
    Refused(Refusal),
    /// Neither the simulator nor the policies could be read.
    Unknown,
}

/// Why a role is not allowed to do something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// A policy denies it: this one, if it was read.
    Denied { policy: Option<String> },
    /// The permissions boundary does not allow it.
    Boundary,
    /// The organization's policies do not allow it.
    Organization,
    /// A policy allows it under a condition that does not hold or can't be known.
    Condition { policy: String, words: String, is_broken: bool },
    /// No policy allows it.
    NotAllowed,
}

/// A role's policies, each read.
#[derive(Debug)]
pub(super) struct Policies {
    names: Vec<String>,
    documents: Vec<Document>,
}

impl Policies {
    /// Those of a role; `None` if they were not read. One that is no policy document counts as
    /// empty.
    pub(super) fn of(role: &Role) -> Option<Self> {
        let policies = role.policies.known()?;
        let read = |text: &str| Document::parse(text).unwrap_or_default();
        Some(Self {
            names: policies.iter().map(|policy| policy.name.clone()).collect(),
            documents: policies.iter().map(|policy| read(&policy.document)).collect(),
        })
    }

    /// The names.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// Each statement with the name of its policy.
    pub(super) fn statements(&self) -> impl Iterator<Item = (&str, &Statement)> {
        let all = self.names.iter().zip(&self.documents);
        all.flat_map(|(name, document)| {
            document.statements.iter().map(move |statement| (name.as_str(), statement))
        })
    }

    /// The policy that has a statement.
    fn name_of(&self, statement: &Statement) -> String {
        let found = self.statements().find(|(_, other)| std::ptr::eq(*other, statement));
        found.map(|(name, _)| name.to_owned()).unwrap_or_default()
    }
}

/// Whether a role is allowed an action on a resource, where so much is known besides.
pub(super) fn permission(
    role: &Role,
    action: &str,
    resource: &str,
    context: &Context,
) -> Permission {
    let request = Request { action, resource, context };
    let policies = Policies::of(role);
    let by_policies = policies.as_ref().map(|policies| explain(policies, request));
    let Some(simulated) = role.decision(action, resource) else {
        return match by_policies {
            None => Permission::Unknown,
            Some(Some(refusal)) => Permission::Refused(refusal),
            Some(None) if is_outside_boundary(role, request) => {
                Permission::Refused(Refusal::Boundary)
            }
            Some(None) => Permission::Granted,
        };
    };
    let refusal = by_policies.flatten();
    let is_bounded = simulated.boundary_allows == Some(false);
    Permission::Refused(match (simulated.decision, refusal) {
        (Decision::Allowed, _) => return Permission::Granted,
        (_, _) if simulated.organization_allows == Some(false) => Refusal::Organization,
        (Decision::NotAllowed, None) if is_bounded => Refusal::Boundary,
        (Decision::Denied, Some(refusal @ Refusal::Denied { .. }))
        | (Decision::NotAllowed, Some(refusal)) => refusal,
        (Decision::Denied, _) => Refusal::Denied { policy: None },
        (Decision::NotAllowed, None) if !simulated.missing_keys.is_empty() => Refusal::Condition {
            policy: String::new(),
            words: simulated.missing_keys.join(", "),
            is_broken: false,
        },
        (Decision::NotAllowed, None) => Refusal::NotAllowed,
    })
}

fn explain(policies: &Policies, request: Request<'_>) -> Option<Refusal> {
    let under = |statement: &Statement, words: String, is_broken| Refusal::Condition {
        policy: policies.name_of(statement),
        words,
        is_broken,
    };
    match decide(&policies.documents, request) {
        Verdict::Allowed => None,
        Verdict::Denied(statement) => {
            Some(Refusal::Denied { policy: Some(policies.name_of(statement)) })
        }
        Verdict::Failed(statement, condition) => Some(under(statement, condition.words(), true)),
        Verdict::Conditional(statement, condition) => {
            Some(under(statement, condition.words(), false))
        }
        Verdict::NotAllowed => Some(Refusal::NotAllowed),
    }
}

fn is_outside_boundary(role: &Role, request: Request<'_>) -> bool {
    match &role.boundary {
        Answer::Known(boundary) => Document::parse(boundary).is_some_and(|document| {
            matches!(decide(&[document], request), Verdict::NotAllowed | Verdict::Denied(_))
        }),
        Answer::Absent | Answer::Unknown => false,
    }
}

impl Refusal {
    /// Why, as the end of a sentence.
    pub(super) fn because(&self) -> String {
        match self {
            Self::Denied { policy: Some(policy) } => format!("the policy \"{policy}\" denies it"),
            Self::Denied { policy: None } => "a policy denies it".to_owned(),
            Self::Boundary => "the role's permissions boundary does not allow it".to_owned(),
            Self::Organization => {
                "a policy of the organization (SCP or RCP) does not allow it".to_owned()
            }
            Self::Condition { policy, words, .. } if policy.is_empty() => {
                format!("it depends on {words}")
            }
            Self::Condition { policy, words, .. } => {
                format!("the policy \"{policy}\" allows it only if {words}")
            }
            Self::NotAllowed => "no policy of the role allows it".to_owned(),
        }
    }
}
