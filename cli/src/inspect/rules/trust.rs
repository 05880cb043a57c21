//! Who may assume the roles: Lambda the function's, RDS the proxy's, the function the one that
//! signs in another account.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>

use super::permission::{Permission, Policies, permission};
use crate::inspect::account::{Account, Answer, Function, Role};
use crate::inspect::finding::{Certainty, Finding};
use crate::inspect::policy::{Condition, Context, Document, Statement};
use crate::inspect::shell;

const ASSUME: &str = "sts:AssumeRole";

/// What keeps a role from being assumed.
pub(super) fn findings(account: &Account) -> Vec<Finding> {
    [of_function(account), of_proxy(account), of_assumed(account)].into_iter().flatten().collect()
}

fn of_function(account: &Account) -> Option<Finding> {
    let function = account.function.known().filter(|function| function.name.is_some())?;
    let role = account.role.known()?;
    let context = source(account);
    let finding = of_service(role, "lambda.amazonaws.com", &context, "function_trust")?;
    Some(Finding {
        problem: format!("Lambda can't run {}: {}", function.label(), finding.problem),
        ..finding
    })
}

fn of_proxy(account: &Account) -> Option<Finding> {
    let (role, proxy) = (account.proxy_role.known()?, account.proxy.known()?);
    let context = source(account).with("aws:SourceArn", &proxy.arn);
    let finding = of_service(role, "rds.amazonaws.com", &context, "proxy_trust")?;
    Some(Finding {
        problem: format!("The proxy can't log in to the database: {}", finding.problem),
        ..finding
    })
}

/// What is known of a service that assumes a role.
fn source(account: &Account) -> Context {
    match &account.question.account {
        Some(own) => Context::default().with("aws:SourceAccount", own),
        None => Context::default(),
    }
}

/// What a service that must assume a role lacks.
fn of_service(role: &Role, service: &str, context: &Context, id: &'static str) -> Option<Finding> {
    let document = Document::parse(role.trust.known()?)?;
    let statements: Vec<&Statement> = (document.statements.iter())
        .filter(|statement| statement.allows && statement.has_action(ASSUME))
        .filter(|it| it.principals.as_ref().is_some_and(|who| who.has_service(service)))
        .collect();
    let broken = |statement: &&Statement| first_broken(statement, context).is_some();
    let name = role.name();
    let (problem, remedy) = match statements.first() {
        None => (
            format!(
                "the trust policy of the role \"{name}\" doesn't allow {service} to assume it."
            ),
            format!(
                "Allow {service} the action {ASSUME} in the trust policy, beside those that it has."
            ),
        ),
        Some(first) if statements.iter().all(broken) => {
            let words = first_broken(first, context).map(Condition::words).unwrap_or_default();
            (
                format!(
                    "the trust policy of the role \"{name}\" allows {service} to assume it only if {words}."
                ),
                "Correct the condition in the trust policy.".to_owned(),
            )
        }
        Some(_) => return None,
    };
    Some(Finding::certain(id, problem, remedy).typing(show(name)).typing(update(name, service)))
}

fn first_broken<'a>(statement: &'a Statement, context: &Context) -> Option<&'a Condition> {
    statement.conditions.iter().find(|condition| condition.holds(context) == Some(false))
}

fn show(role: &str) -> String {
    let role = shell::word(role);
    format!("aws iam get-role --role-name {role} --query Role.AssumeRolePolicyDocument")
}

/// Replaces the trust policy, after it was shown.
fn update(role: &str, service: &str) -> String {
    let document = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Service":"{service}"}},"Action":"sts:AssumeRole"}}]}}"#
    );
    let (role, document) = (shell::word(role), shell::word(&document));
    format!("aws iam update-assume-role-policy --role-name {role} --policy-document {document}")
}

/// The role that signs, if the function assumes one: its trust, the external ID, and whether the
/// function's role may.
fn of_assumed(account: &Account) -> Option<Finding> {
    let (own, function) = (account.role.known()?, account.function.known()?);
    let assumed_arn = function.variables.assume_role_arn.as_deref()?;
    let assumed = account.assumed.as_ref().and_then(Answer::known);
    let trust = assumed.and_then(|role| Document::parse(role.trust.known()?));
    if let Some(trust) = &trust
        && let Some(finding) = of_trust(trust, own, assumed_arn, function)
    {
        return Some(finding);
    }
    let is_named = trust.is_some_and(|trust| names(&trust, &own.arn));
    let is_same_account = assumed_arn.split(':').nth(4) == own.account();
    // In one account, a trust policy that names the role is enough.
    if is_named && is_same_account {
        return None;
    }
    let Permission::Refused(refusal) = permission(own, ASSUME, assumed_arn, &Context::default())
    else {
        return None;
    };
    let taken = Policies::of(own);
    let taken = taken.as_ref().map(Policies::names).unwrap_or_default();
    let problem = format!(
        "The function's role \"{}\" isn't allowed to assume the role that signs: {}.",
        own.name(),
        refusal.because()
    );
    let finding = Finding::certain("assume_permission", problem, format!("Allow it {ASSUME}."))
        .because(format!("{ASSUME} on {assumed_arn}"));
    Some(finding.typing(shell::allow(own.name(), taken, ASSUME, assumed_arn)))
}

fn names(trust: &Document, arn: &str) -> bool {
    trust.statements.iter().any(|statement| {
        let who = statement.principals.as_ref();
        statement.allows && who.is_some_and(|who| who.aws.iter().any(|name| name == arn))
    })
}

fn of_trust(trust: &Document, own: &Role, assumed: &str, function: &Function) -> Option<Finding> {
    let name = assumed.rsplit('/').next().unwrap_or(assumed);
    let statements: Vec<&Statement> = (trust.statements.iter())
        .filter(|it| it.allows && it.has_action(ASSUME))
        .filter(|it| {
            let account = own.account().unwrap_or_default();
            it.principals.as_ref().is_some_and(|who| who.has_role(&own.arn, account))
        })
        .collect();
    if statements.is_empty() {
        let problem = format!(
            "The trust policy of the role \"{name}\", which signs, doesn't allow the function's role to assume it."
        );
        let remedy = format!("Add {} to the principals of its trust policy.", own.arn);
        return Some(Finding::certain("assume_trust", problem, remedy).typing(show(name)));
    }
    let needs_id = |statement: &&Statement| {
        let keys = statement.conditions.iter().map(|it| it.key.to_ascii_lowercase());
        keys.into_iter().any(|key| key == "sts:externalid")
    };
    let is_missing = !function.variables.has_external_id && statements.iter().all(needs_id);
    is_missing.then(|| {
        let problem = format!(
            "The trust policy of the role \"{name}\", which signs, requires an external ID, and DB_ASSUME_ROLE_EXTERNAL_ID isn't set."
        );
        let remedy = "Set DB_ASSUME_ROLE_EXTERNAL_ID to the external ID in the trust policy.";
        Finding::certain("assume_external_id", problem, remedy.to_owned())
            .but(Certainty::Certain)
            .typing(show(name))
    })
}
