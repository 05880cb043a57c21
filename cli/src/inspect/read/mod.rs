//! Reads an account: calls AWS's services and fills the plain values of `account`.
//!
//! What is denied stays unknown, and is noted with the call. Nothing is written, and the value of no
//! secret is read.

mod databases;
mod function;
mod network;
mod proxy;
mod role;
mod secrets;
mod simulate;
mod variables;

use std::cell::RefCell;

use rds_proxy_probe::token::AwsRefusal;

use super::account::{Account, Answer, Call, Database, Function, Question, Unread};
use super::aws::{Client, Node, Service};
use crate::options::nearest;

/// What is to be read.
#[derive(Clone, Debug, Default)]
pub struct Subject {
    /// The function's name or ARN.
    pub function: Option<String>,
    /// A role in its place.
    pub role_arn: Option<String>,
    /// Its subnets.
    pub subnet_ids: Vec<String>,
    /// Its security groups.
    pub security_group_ids: Vec<String>,
    /// The role that it assumes.
    pub assume_role_arn: Option<String>,
    /// The proxy's name.
    pub proxy: String,
    /// The database user, unless the function's variables have it.
    pub user: Option<String>,
}

/// Calls services, and notes the calls that were denied or failed.
#[derive(Debug)]
struct Reader<'a> {
    client: &'a Client<'a>,
    unread: RefCell<Vec<Unread>>,
}

impl Reader<'_> {
    /// The answer, or the failure noted.
    fn note<T>(&self, call: Call, about: &str, answer: Result<Answer<T>, AwsRefusal>) -> Answer<T> {
        answer.unwrap_or_else(|refusal| {
            self.skip(call, about, refusal.to_string());
            Answer::Unknown
        })
    }

    /// Notes that a call was not made, or failed.
    fn skip(&self, call: Call, about: &str, reason: String) {
        let unread = Unread { call, about: about.to_owned(), reason };
        self.unread.borrow_mut().push(unread);
    }
}

/// Reads what is known about a subject.
///
/// # Errors
/// The names that don't exist, each a sentence without a full stop.
pub async fn read(subject: Subject, client: &Client<'_>) -> Result<Account, Vec<String>> {
    let reader = Reader { client, unread: RefCell::default() };
    let (own_account, function, proxy) = tokio::join!(
        reader.caller(),
        reader.function_or_given(&subject),
        reader.proxy(&subject.proxy)
    );
    let mut problems = Vec::new();
    if let (Some(name), Answer::Absent) = (&subject.function, &function) {
        problems.push(absent("function", name, &reader.function_names().await, client));
    }
    if proxy == Answer::Absent {
        problems.push(absent("proxy", &subject.proxy, &reader.proxy_names().await, client));
    }
    let variables = function.known().map(|function| function.variables.clone()).unwrap_or_default();
    let user = subject.user.clone().or(variables.user);
    if user.is_none() && function != Answer::Absent {
        problems.push(
            "--user (or DB_USER) is not set, and the function has no DB_USER: expected the \
             database user"
                .to_owned(),
        );
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let question = Question {
        caller: subject.function.or(subject.role_arn).unwrap_or_default(),
        proxy: subject.proxy,
        user: user.unwrap_or_default(),
        region: client.region.to_string(),
        partition: client.region.partition().to_owned(),
        account: own_account,
    };
    let account = Account { question, function, proxy, ..Account::default() };
    Ok(Box::pin(reader.details(account)).await)
}

impl Reader<'_> {
    /// Everything that follows from function and proxy.
    async fn details(self, mut account: Account) -> Account {
        let function = account.function.known().cloned().unwrap_or_default();
        let proxy = account.proxy.known().cloned().unwrap_or_default();
        let own = account.question.account.clone();
        let assumed_arn = function.variables.assume_role_arn.clone();
        let proxy_role = proxy.role_arn.as_deref();
        let (role, assumed, proxy_role, endpoints, behind, secrets) = tokio::join!(
            self.role(function.role_arn.as_deref(), own.as_deref()),
            self.assumed(assumed_arn.as_deref(), own.as_deref()),
            self.role(proxy_role, own.as_deref()),
            self.endpoints(&proxy.name),
            self.behind(&proxy.name),
            self.secrets(&account)
        );
        (account.role, account.assumed, account.proxy_role) = (role, assumed, proxy_role);
        account.endpoints = endpoints;
        (account.targets, account.databases) = behind;
        account.secrets = secrets;
        account.network = self.network(&account).await;
        self.simulate(&mut account).await;
        account.unread = self.unread.into_inner();
        account
    }

    /// The account that the keys belong to, which needs no permission.
    async fn caller(&self) -> Option<String> {
        let call = (Service::Sts, "GetCallerIdentity");
        let answer = self
            .client
            .query(call, &vec![], |root| {
                root.find("Account").and_then(Node::own_text).map(str::to_owned)
            })
            .await;
        self.note(Call::GetCallerIdentity, "the keys", answer).known().cloned().flatten()
    }

    async fn function_or_given(&self, subject: &Subject) -> Answer<Function> {
        let mut function = match &subject.function {
            Some(name) => match self.function(name).await {
                Answer::Known(function) => function,
                other @ (Answer::Absent | Answer::Unknown) => return other,
            },
            None => Function::default(),
        };
        // What is given counts more than what is configured: it may be planned.
        if subject.role_arn.is_some() {
            function.role_arn.clone_from(&subject.role_arn);
        }
        if !subject.subnet_ids.is_empty() {
            function.subnet_ids.clone_from(&subject.subnet_ids);
        }
        if !subject.security_group_ids.is_empty() {
            function.security_group_ids.clone_from(&subject.security_group_ids);
        }
        if subject.assume_role_arn.is_some() {
            function.variables.assume_role_arn.clone_from(&subject.assume_role_arn);
        }
        Answer::Known(function)
    }

    /// The targets, and the databases that they are.
    async fn behind(&self, proxy: &str) -> (Answer<Vec<super::account::Target>>, Vec<Database>) {
        let targets = self.targets(proxy).await;
        let databases = match &targets {
            Answer::Known(targets) => self.databases(targets).await,
            Answer::Absent | Answer::Unknown => vec![],
        };
        (targets, databases)
    }
}

/// That a name does not exist, with the nearest one that does.
fn absent(what: &str, name: &str, names: &[String], client: &Client<'_>) -> String {
    let region = client.region;
    let all = || names.iter().map(String::as_str);
    let hint = match nearest(name, all()) {
        Some(near) => format!("; did you mean {near}?"),
        None if names.is_empty() => String::new(),
        None => format!(": expected one of {}", all().take(20).collect::<Vec<_>>().join(", ")),
    };
    format!("there is no {what} {name:?} in {region}{hint}")
}
