//! From the current and the desired state to the steps between them. Pure.

use std::collections::BTreeSet;

use super::state::{Held, On, Role, State};
use super::statement::Step;
use crate::change::Foreign;
use crate::mark::Mark;
use crate::properties::{Grant, Login, User};

/// The steps: first, users that are no longer listed are dropped.
///
/// Existing grants are granted again, which also covers tables that were made since. A password is
/// always set: it cannot be read, and CloudFormation's old properties do not tell what the secret
/// held then.
pub(crate) fn plan<'a>(
    wanted: &'a [User],
    state: &'a State,
    mark: &Mark,
) -> Result<Vec<Step<'a>>, Foreign> {
    let is_wanted = |role: &&Role| wanted.iter().any(|user| user.name.as_str() == role.name);
    let gone = state.roles.iter().filter(|role| role.has(mark) && !is_wanted(role));
    let mut steps: Vec<Step<'_>> = gone.map(|role| Step::Drop { role: &role.name }).collect();
    for user in wanted {
        let role = state.role(&user.name);
        match role {
            Some(role) if role.has(mark) => {}
            Some(role) => return Err(Foreign::new(&role.name, role.comment.as_deref())),
            None => steps.push(Step::Make { user: &user.name }),
        }
        log_in(&mut steps, user, role);
        grant(&mut steps, user, role);
    }
    Ok(steps)
}

fn log_in<'a>(steps: &mut Vec<Step<'a>>, user: &'a User, role: Option<&Role>) {
    let holds_rds_iam = role.is_some_and(|role| role.holds_rds_iam);
    let name = &user.name;
    match &user.login {
        Login::Secret(password) => {
            if holds_rds_iam {
                steps.push(Step::RevokeRdsIam { user: name });
            }
            steps.push(Step::SetPassword { user: name, password });
        }
        Login::Iam => {
            if role.is_some() {
                steps.push(Step::ClearPassword { user: name });
            }
            if !holds_rds_iam {
                steps.push(Step::GrantRdsIam { user: name });
            }
        }
    }
}

fn grant<'a>(steps: &mut Vec<Step<'a>>, user: &'a User, role: Option<&'a Role>) {
    let name = &user.name;
    let may_connect = role.is_some_and(|role| role.may_connect);
    match (&user.grant, may_connect) {
        (Grant::None, true) => steps.push(Step::RevokeConnect { user: name }),
        (Grant::Connect | Grant::Schemas { .. }, false) => {
            steps.push(Step::GrantConnect { user: name });
        }
        (Grant::None, false) | (Grant::Connect | Grant::Schemas { .. }, true) => {}
    }
    let too_much = role.into_iter().flat_map(|role| &role.held).filter(|held| !wants(user, held));
    let schemas: BTreeSet<&str> = too_much.map(|held| held.schema.as_str()).collect();
    steps.extend(schemas.into_iter().map(|schema| Step::RevokeSchema { user: name, schema }));
    if let Grant::Schemas { access, schemas } = &user.grant {
        let access = *access;
        steps.extend(schemas.iter().map(|schema| Step::GrantSchema { user: name, access, schema }));
    }
}

/// Whether a privilege is part of the user's grant.
fn wants(user: &User, held: &Held) -> bool {
    let Grant::Schemas { access, schemas } = &user.grant else { return false };
    schemas.iter().any(|schema| schema.as_str() == held.schema)
        && match held.on {
            On::Schema => held.privilege == "USAGE",
            On::Tables => access.on_tables().contains(&held.privilege.as_str()),
            On::Sequences => access.on_sequences().contains(&held.privilege.as_str()),
        }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::properties::Properties;
    use serde_json::{Value, json};

    fn steps(users: &Value, roles: Vec<Role>) -> Result<Vec<String>, Foreign> {
        let properties = json!({ "Database": "app", "Scheme": "IAM_AUTH", "Users": users });
        let read = Properties::parse(properties.as_object().unwrap()).unwrap().users.into_iter();
        let by_token = |User { name, grant, .. }| User { name, login: Login::Iam, grant };
        let wanted: Vec<User> = read.map(by_token).collect();
        let state = State { roles };
        let steps = plan(&wanted, &state, &mark())?;
        Ok(steps.iter().map(Step::doing).collect())
    }

    fn mark() -> Mark {
        Mark::of_cloudformation("stack", "Users")
    }

    fn ours(name: &str) -> Role {
        let comment = Some(mark().as_str().to_owned());
        Role { name: name.to_owned(), comment, ..Role::default() }
    }

    #[test]
    fn who_is_gone_goes_first_and_who_is_new_is_made() {
        let users = json!([{ "Name": "new", "Grant": "read-only", "Schemas": ["a", "b"] }]);
        insta::assert_debug_snapshot!(steps(&users, vec![ours("old")]).unwrap(), @r#"
        [
            "dropping the user \"old\"",
            "creating the user \"new\"",
            "granting rds_iam to \"new\"",
            "granting CONNECT to \"new\"",
            "granting \"new\" read-only on the schema \"a\"",
            "granting \"new\" read-only on the schema \"b\"",
        ]
        "#);
    }

    #[test]
    fn only_what_is_held_beyond_the_grant_is_taken_back() {
        let held = |schema: &str, on, privilege: &str| Held {
            schema: schema.to_owned(),
            on,
            privilege: privilege.to_owned(),
        };
        let role = Role {
            holds_rds_iam: true,
            may_connect: true,
            held: BTreeSet::from([
                held("a", On::Schema, "USAGE"),
                held("a", On::Tables, "SELECT"),
                held("b", On::Schema, "USAGE"),
                held("c", On::Tables, "DELETE"),
            ]),
            ..ours("app")
        };
        let users = json!([{ "Name": "app", "Grant": "read-only", "Schemas": ["a", "c"] }]);
        insta::assert_debug_snapshot!(steps(&users, vec![role]).unwrap(), @r#"
        [
            "removing the password of \"app\"",
            "revoking the privileges of \"app\" in the schema \"b\"",
            "revoking the privileges of \"app\" in the schema \"c\"",
            "granting \"app\" read-only on the schema \"a\"",
            "granting \"app\" read-only on the schema \"c\"",
        ]
        "#);
    }

    #[test]
    fn a_role_without_the_mark_is_in_the_way() {
        let users = json!([{ "Name": "app", "Grant": "none" }]);
        let other = Mark::of_cloudformation("stack", "OtherUsers").as_str().to_owned();
        for (comment, owner) in [
            (None, None),
            (Some("ours"), None),
            (Some(other.as_str()), Some("OtherUsers of stack")),
        ] {
            let comment = comment.map(str::to_owned);
            let role = Role { name: "app".to_owned(), comment, ..Role::default() };
            let foreign = steps(&users, vec![role]).unwrap_err();
            assert_eq!(foreign.owner.as_deref(), owner);
        }
    }
}
