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
