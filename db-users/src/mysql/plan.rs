//! From the current and the desired state to the steps between them. Pure.

use std::collections::{BTreeMap, BTreeSet};

use rds_proxy_probe::config::DbName;

use super::marks::Marks;
use super::quote::pattern;
use super::state::{Account, Held, On, State};
use super::statement::Step;
use crate::change::Foreign;
use crate::mark::Mark;
use crate::properties::{Grant, SchemaName, User};

/// What allows a session in a database and nothing else: no privilege of MySQL's says that alone.
/// This one is for tables that the user may also read, and such a user does not have it: it could
/// keep others from writing.
/// <https://dev.mysql.com/doc/refman/8.4/en/privileges-provided.html#priv_lock-tables>
const CONNECT: &str = "LOCK TABLES";

/// The steps. Those that can be undone come first, and those that take something away from a user
/// last: whatever fails then fails before.
///
/// A login is always set: a password cannot be read, and CloudFormation's old properties do not tell
/// what the secret held then.
pub(super) fn plan<'a>(
    wanted: &'a [User],
    state: &'a State,
    database: &DbName,
    mark: &Mark,
) -> Result<Vec<Step<'a>>, Foreign> {
    let (mut steps, mut logins, mut revoked) = (Vec::new(), Vec::new(), Vec::new());
    for user in wanted {
        let name = user.name.as_str();
        if let Some(other) = state.named(&user.name).find(|account| !account.is_made_by_it()) {
            return Err(foreign(other, mark));
        }
        let account = state.named(&user.name).next();
        if account.is_none() {
            match state.marks {
                Marks::Comments => {}
                Marks::Table { .. } => steps.push(Step::Note { user: name }),
            }
            steps.push(Step::Make { user: &user.name, login: &user.login });
        } else {
            logins.push(Step::SetLogin { user: &user.name, login: &user.login });
        }
        let held = account.map(|account| account.held.clone()).unwrap_or_default();
        let needed = privileges(&user.grant, database);
        let missing = by_object(needed.difference(&held));
        let beyond = by_object(held.difference(&needed));
        steps.extend(missing.into_iter().map(|(on, privileges)| Step::Grant {
            user: name,
            privileges,
            on,
        }));
        revoked.extend(beyond.into_iter().map(|(on, privileges)| Step::Revoke {
            user: name,
            privileges,
            on,
        }));
    }
    steps.append(&mut revoked);
    steps.append(&mut logins);
    steps.extend(gone(wanted, state));
    Ok(steps)
}

/// Users that are no longer listed.
fn gone<'a>(wanted: &'a [User], state: &'a State) -> impl Iterator<Item = Step<'a>> {
    let is_wanted = |name: &str| wanted.iter().any(|user| user.name.as_str() == name);
    let forget = move |user: &'a str| match state.marks {
        Marks::Comments => None,
        Marks::Table { .. } => Some(Step::Forget { user }),
    };
    let accounts = state.accounts.iter().filter(|account| account.is_made_by_it());
    let dropped = accounts.map(|account| account.name.as_str());
    let dropped = dropped.filter(move |name| !is_wanted(name));
    let dropped = dropped.flat_map(move |user| [Some(Step::Drop { user }), forget(user)]);
    let left_over = state.left_over.iter().map(String::as_str);
    let left_over = left_over.filter(move |name| !is_wanted(name)).map(forget);
    dropped.chain(left_over).flatten()
}

/// What a grant is in MySQL.
fn privileges(grant: &Grant, database: &DbName) -> BTreeSet<Held> {
    let on = |name: &str, privilege: &str| Held {
        on: On::Databases(pattern(name)),
        privilege: privilege.to_owned(),
    };
    let connect = || on(database.as_str(), CONNECT);
    match grant {
        Grant::None => BTreeSet::new(),
        Grant::Connect => BTreeSet::from([connect()]),
        Grant::Schemas { access, schemas } => {
            let names = schemas.iter().map(SchemaName::as_str);
            let of_schema =
                |name| access.on_tables().iter().map(move |privilege| on(name, privilege));
            let is_elsewhere = names.clone().all(|name| name != database.as_str());
            names.flat_map(of_schema).chain(is_elsewhere.then(connect)).collect()
        }
    }
}

fn by_object<'a>(held: impl Iterator<Item = &'a Held>) -> BTreeMap<On, Vec<String>> {
    let mut objects = BTreeMap::<On, Vec<String>>::new();
    for Held { on, privilege } in held {
        objects.entry(on.clone()).or_default().push(privilege.clone());
    }
    objects
}

/// A user of ours for another host is not ours: this function makes none.
fn foreign(account: &Account, mark: &Mark) -> Foreign {
    let comment = account.comment.as_deref().filter(|comment| *comment != mark.as_str());
    Foreign::new(&account.name, comment)
}

#[cfg(test)]
mod tests {
    use rds_proxy_probe::config::Engine;
    use rds_proxy_probe::token::SecretLogin;
    use serde_json::{Value, json};

    use super::*;
    use crate::properties::{Login, Password, Properties};

    fn mark() -> Mark {
        Mark::of_cloudformation("stack", "Users")
    }

    fn users(scheme: &str, users: &Value) -> Vec<User> {
        let properties =
            json!({ "Engine": "mysql", "Database": "my_app", "Scheme": scheme, "Users": users });
        let read = Properties::parse(properties.as_object().unwrap()).unwrap().users.into_iter();
        let secret = json!({ "username": "app", "password": "it's\\" }).to_string();
        let password =
            Password::of(Engine::MySql, &SecretLogin::parse(Engine::MySql, &secret).unwrap());
        let with_password = |user: User<_>| User {
            login: match user.login {
                Login::Iam => Login::Iam,
                Login::Secret(_) => Login::Secret(password.clone()),
            },
            name: user.name,
            grant: user.grant,
        };
        read.map(with_password).collect()
    }

    fn ours(name: &str, held: &[(On, &str)]) -> Account {
        let held = held
            .iter()
            .map(|(on, privilege)| Held { on: on.clone(), privilege: (*privilege).to_owned() });
        Account {
            name: name.to_owned(),
            host: "%".to_owned(),
            comment: Some(mark().as_str().to_owned()),
            is_ours: true,
            held: held.collect(),
        }
    }

    /// The statements of a plan.
    fn sql(wanted: &[User], state: &State) -> Vec<String> {
        let database = DbName::parse(Engine::MySql, "my_app").unwrap();
        let steps = plan(wanted, state, &database, &mark()).unwrap();
        steps.iter().map(|step| step.sql(state.marks, &mark())).collect()
    }

    fn state(marks: Marks, accounts: Vec<Account>) -> State {
        State { marks, accounts, left_over: Vec::new() }
    }

    #[test]
    fn a_user_is_made_with_its_mark_where_there_are_comments() {
        let wanted = users("IAM_AUTH", &json!([{ "Name": "app", "Grant": "read-write" }]));
        insta::assert_debug_snapshot!(sql(&wanted, &state(Marks::Comments, vec![])), @r#"
        [
            "CREATE USER `app`@`%` IDENTIFIED WITH AWSAuthenticationPlugin AS 'RDS' REQUIRE SSL COMMENT 'Made by CloudFormation: Users of stack'",
            "GRANT DELETE, INSERT, SELECT, UPDATE ON `my\\_app`.* TO `app`@`%`",
        ]
        "#);
        let secret = "arn:aws:secretsmanager:us-east-1:123456789012:secret:app-AbCdEf";
        let listed = json!([
            { "Name": "app", "Grant": "read-only", "Schemas": ["other"], "SecretArn": secret },
            { "Name": "idle", "Grant": "none", "SecretArn": secret },
        ]);
        let made = sql(&users("SECRETS", &listed), &state(Marks::Comments, vec![]));
        insta::assert_debug_snapshot!(made, @r#"
        [
            "CREATE USER `app`@`%` IDENTIFIED BY 'it''s\\' REQUIRE NONE COMMENT 'Made by CloudFormation: Users of stack'",
            "GRANT LOCK TABLES ON `my\\_app`.* TO `app`@`%`",
            "GRANT SELECT ON `other`.* TO `app`@`%`",
            "CREATE USER `idle`@`%` IDENTIFIED BY 'it''s\\' REQUIRE NONE COMMENT 'Made by CloudFormation: Users of stack'",
        ]
        "#);
    }

    #[test]
    fn what_takes_away_comes_last() {
        let pattern = || On::Databases(r"my\_app".to_owned());
        let table = On::Table { database: "other".to_owned(), table: "t".to_owned() };
        let held = [(pattern(), "SELECT"), (On::Server, "PROCESS"), (table, "GRANT OPTION")];
        let accounts = vec![ours("app", &held), ours("gone", &[])];
        let listed = json!([
            { "Name": "app", "Grant": "connect" }, { "Name": "new", "Grant": "none" },
        ]);
        let state = state(Marks::Table { exists: true }, accounts);
        insta::assert_debug_snapshot!(sql(&users("IAM_AUTH", &listed), &state), @r#"
        [
            "GRANT LOCK TABLES ON `my\\_app`.* TO `app`@`%`",
            "REPLACE INTO rds_proxy_database_users.made (name, mark) VALUES ('new', 'Made by CloudFormation: Users of stack')",
            "CREATE USER `new`@`%` IDENTIFIED WITH AWSAuthenticationPlugin AS 'RDS' REQUIRE SSL",
            "REVOKE PROCESS ON *.* FROM `app`@`%`",
            "REVOKE SELECT ON `my\\_app`.* FROM `app`@`%`",
            "REVOKE GRANT OPTION ON `other`.`t` FROM `app`@`%`",
            "ALTER USER `app`@`%` IDENTIFIED WITH AWSAuthenticationPlugin AS 'RDS' REQUIRE SSL",
            "DROP USER `gone`@`%`",
            "DELETE FROM rds_proxy_database_users.made WHERE name = 'gone'",
        ]
        "#);
    }

    #[test]
    fn what_can_be_undone_comes_before_what_cannot() {
        let accounts = vec![ours("app", &[(On::Server, "PROCESS")]), ours("gone", &[])];
        let listed = json!([
            { "Name": "app", "Grant": "connect" }, { "Name": "new", "Grant": "read-only" },
        ]);
        for marks in [Marks::Comments, Marks::Table { exists: true }] {
            let (state, wanted) = (state(marks, accounts.clone()), users("IAM_AUTH", &listed));
            let database = DbName::parse(Engine::MySql, "my_app").unwrap();
            let steps = plan(&wanted, &state, &database, &mark()).unwrap();
            let undoable: Vec<bool> = steps.iter().map(|step| step.inverse().is_some()).collect();
            assert!(undoable.is_sorted_by(|earlier, later| earlier >= later), "{steps:#?}");
            assert!(undoable[0] && !undoable[steps.len() - 1]);
        }
    }

    #[test]
    fn another_partys_user_is_left_alone() {
        let mut theirs = ours("app", &[]);
        theirs.is_ours = false;
        theirs.comment = Some(Mark::of_cloudformation("stack", "Others").as_str().to_owned());
        let elsewhere = Account { host: "10.0.%".to_owned(), ..ours("app", &[]) };
        for (accounts, owner) in [
            (vec![theirs], Some("Others of stack")),
            (vec![elsewhere.clone()], None),
            (vec![ours("app", &[]), elsewhere], None),
        ] {
            let wanted = users("IAM_AUTH", &json!([{ "Name": "app", "Grant": "none" }]));
            let database = DbName::parse(Engine::MySql, "my_app").unwrap();
            let state = state(Marks::Comments, accounts);
            let foreign = plan(&wanted, &state, &database, &mark()).unwrap_err();
            assert_eq!(foreign.owner.as_deref(), owner);
        }
    }
}
