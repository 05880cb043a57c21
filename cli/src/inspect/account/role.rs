//! A role, its policies, and what IAM's simulator says of them.

use super::Answer;

/// A role.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Role {
    /// Its ARN.
    pub arn: String,
    /// Its trust policy, as JSON.
    pub trust: Answer<String>,
    /// Its policies, inline and attached.
    pub policies: Answer<Vec<Policy>>,
    /// Its permissions boundary, as JSON.
    pub boundary: Answer<String>,
    /// What IAM's simulator decided.
    pub simulated: Vec<Simulated>,
}

/// A policy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// Its document, as JSON.
    pub document: String,
}

/// A decision of IAM's simulator.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_EvaluationResult.html>
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Simulated {
    /// The action.
    pub action: String,
    /// The resource.
    pub resource: String,
    /// What was decided.
    pub decision: Decision,
    /// Whether the permissions boundary allows it; `None` if there is none.
    pub boundary_allows: Option<bool>,
    /// Whether the organization's policies allow it; `None` if there are none.
    pub organization_allows: Option<bool>,
    /// The condition keys whose values decide, and that the simulator was not given.
    pub missing_keys: Vec<String>,
}

/// What a policy decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// A statement allows it, and none denies it.
    Allowed,
    /// A statement denies it.
    Denied,
    /// No statement allows it.
    NotAllowed,
}

impl Role {
    /// Its name: the last part of the ARN.
    pub fn name(&self) -> &str {
        self.arn.rsplit('/').next().unwrap_or(&self.arn)
    }

    /// The account that it is in.
    pub fn account(&self) -> Option<&str> {
        self.arn.split(':').nth(4).filter(|account| !account.is_empty())
    }

    /// What the simulator decided about an action on a resource.
    pub fn decision(&self, action: &str, resource: &str) -> Option<&Simulated> {
        self.simulated.iter().find(|it| it.action == action && it.resource == resource)
    }
}
