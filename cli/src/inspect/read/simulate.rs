//! What IAM's simulator decides about the permissions that logging in needs.
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html>

use super::Reader;
use crate::inspect::account::{Account, Answer, Call, Decision, Login, Role, Simulated};
use crate::inspect::aws::{Node, Parameters, Service};
use crate::inspect::policy::Context;
use crate::inspect::rules::{CONNECT, DECRYPT, READ, decryption};

/// One question: an action, a resource, and what is known besides.
type Ask = (&'static str, String, Context);

impl Reader<'_> {
    pub(super) async fn simulate(&self, account: &mut Account) {
        let (of_signer, of_function, of_proxy) =
            (signers(account), functions(account), proxys(account));
        match &mut account.assumed {
            Some(assumed) => {
                self.ask_all(assumed, of_signer).await;
                self.ask_all(&mut account.role, of_function).await;
            }
            None => self.ask_all(&mut account.role, of_signer).await,
        }
        self.ask_all(&mut account.proxy_role, of_proxy).await;
    }

    async fn ask_all(&self, role: &mut Answer<Role>, asked: Vec<Ask>) {
        let Some(role) = role.known_mut() else { return };
        for (action, resource, context) in asked {
            let answer = self.ask(&role.arn, action, &resource, &context).await;
            match answer {
                Answer::Known(Some(simulated)) => role.simulated.push(simulated),
                Answer::Known(None) | Answer::Absent => {}
                // What was denied once is denied again.
                Answer::Unknown => return,
            }
        }
    }

    async fn ask(
        &self,
        role: &str,
        action: &str,
        resource: &str,
        context: &Context,
    ) -> Answer<Option<Simulated>> {
        let mut parameters: Parameters = vec![
            ("PolicySourceArn".to_owned(), role.to_owned()),
            ("ActionNames.member.1".to_owned(), action.to_owned()),
            ("ResourceArns.member.1".to_owned(), resource.to_owned()),
        ];
        for (number, (key, value)) in (1..).zip(context.entries()) {
            let name = |part: &str| format!("ContextEntries.member.{number}.{part}");
            parameters.push((name("ContextKeyName"), key.to_owned()));
            parameters.push((name("ContextKeyType"), "string".to_owned()));
            parameters.push((name("ContextKeyValues.member.1"), value.to_owned()));
        }
        let call = (Service::Iam, "SimulatePrincipalPolicy");
        let read = |root: Node<'_>| {
            let results = root.find("EvaluationResults")?;
            results.children().next().and_then(|result| decided(result, action, resource))
        };
        let answer = self.client.query(call, &parameters, read).await;
        self.note(Call::SimulatePrincipalPolicy, role, answer)
    }
}

fn decided(result: Node<'_>, action: &str, resource: &str) -> Option<Simulated> {
    let decision = match result.text("EvalDecision")? {
        "allowed" => Decision::Allowed,
        "explicitDeny" => Decision::Denied,
        _ => Decision::NotAllowed,
    };
    let allows = |detail: &str, by: &str| {
        let detail = result.child(detail)?;
        detail.text(by).map(|text| text == "true")
    };
    Some(Simulated {
        action: action.to_owned(),
        resource: resource.to_owned(),
        decision,
        boundary_allows: allows(
            "PermissionsBoundaryDecisionDetail",
            "AllowedByPermissionsBoundary",
        ),
        organization_allows: allows("OrganizationsDecisionDetail", "AllowedByOrganizations"),
        missing_keys: result.texts("MissingContextValues"),
    })
}

/// What the role that signs, or reads the function's secret, needs.
fn signers(account: &Account) -> Vec<Ask> {
    let variables = account.function.known().map(|function| &function.variables);
    match account.login() {
        Login::Iam => {
            let arn = account.dbuser_arn();
            arn.map(|arn| (CONNECT, arn, Context::default())).into_iter().collect()
        }
        Login::Secret => {
            let arn = variables.and_then(|variables| variables.secret_arn.clone());
            arn.map(|arn| reading(account, &arn)).unwrap_or_default()
        }
    }
}

/// What the function's role needs, if it assumes another.
fn functions(account: &Account) -> Vec<Ask> {
    let function = account.function.known();
    let arn = function.and_then(|function| function.variables.assume_role_arn.clone());
    arn.map(|arn| ("sts:AssumeRole", arn, Context::default())).into_iter().collect()
}

/// What the proxy's role needs.
fn proxys(account: &Account) -> Vec<Ask> {
    let Some(proxy) = account.proxy.known() else { return vec![] };
    let question = &account.question;
    if proxy.is_end_to_end() {
        let (partition, region, user) = (&question.partition, &question.region, &question.user);
        let own = proxy.account().unwrap_or_default();
        let ids = account.databases.iter().filter_map(|database| database.resource_id.as_ref());
        let arn = |id| format!("arn:{partition}:rds-db:{region}:{own}:dbuser:{id}/{user}");
        return ids.map(|id| (CONNECT, arn(id), Context::default())).collect();
    }
    let entries = proxy.entries_for(&question.user);
    let arns = entries.filter_map(|entry| entry.secret_arn.as_deref());
    arns.take(20).flat_map(|arn| reading(account, arn)).collect()
}

fn reading(account: &Account, secret: &str) -> Vec<Ask> {
    let mut asked = vec![(READ, secret.to_owned(), Context::default())];
    let known = account.secrets.iter().find(|(arn, _)| arn == secret);
    let key = known.and_then(|(_, secret)| secret.known()?.kms_key.clone());
    if let Some(key) = key.filter(|key| key.starts_with("arn:")) {
        asked.push((DECRYPT, key, decryption(account, secret)));
    }
    asked
}
