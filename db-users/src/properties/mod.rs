//! The resource's properties as types, or all their problems.
//!
//! CloudFormation sends every scalar as text. Only what `docs/reference.md` lists is accepted: if a
//! misspelled property were ignored, users would get other grants than intended.

mod grant;
mod name;
mod password;
mod place;
mod problem;

use rds_proxy_probe::config::{Engine, SecretArn};
use rds_proxy_probe::token::Secrets;
use serde_json::{Map, Value};

pub(crate) use grant::{Access, Grant};
pub(crate) use name::{SchemaName, UserName};
pub(crate) use password::Password;
pub(crate) use place::Place;
use problem::Problem;
pub(crate) use problem::Problems;

/// What the resource should be.
#[derive(Clone, Debug)]
pub(crate) struct Properties {
    pub(crate) place: Place,
    /// Their passwords are not read yet.
    pub(crate) users: Vec<User<SecretArn>>,
}

/// A user that should exist. `P` is the password, or where it is kept.
#[derive(Clone, Debug)]
pub(crate) struct User<P = Password> {
    pub(crate) name: UserName,
    pub(crate) login: Login<P>,
    pub(crate) grant: Grant,
}

/// How the proxy logs in to the database as a user: `DefaultAuthScheme`.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-iam-setup.html>
#[derive(Clone, Debug)]
pub(crate) enum Login<P> {
    /// With the password of the user's secret.
    Secret(P),
    /// With the proxy's own token (`IAM_AUTH`): the user must hold `rds_iam`, or log in by RDS's
    /// plugin for MySQL.
    Iam,
}

/// The `Scheme` property.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scheme {
    Secrets,
    IamAuth,
}

/// Properties of the resource; the first two are CloudFormation's own, a change of the third applies
/// the rest again.
const KNOWN: [&str; 7] =
    ["ServiceToken", "ServiceTimeout", "Version", "Engine", "Database", "Scheme", "Users"];
const KNOWN_OF_USER: [&str; 4] = ["Name", "Grant", "Schemas", "SecretArn"];

/// How CloudFormation writes a reference. It arrives as it was written:
/// "Dynamic references for secure values, such as `ssm-secure` and `secretsmanager`, aren't
/// currently supported in custom resources."
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html>
const REFERENCE: &str = "{{resolve:";
const UNRESOLVED: &str =
    " (it is a dynamic reference, which CloudFormation does not resolve in a custom resource)";

impl Properties {
    /// Reads the properties.
    ///
    /// # Errors
    /// All problems at once.
    pub(crate) fn parse(properties: &Map<String, Value>) -> Result<Self, Problems> {
        let mut reader = Reader::default();
        reader.known("", properties, &KNOWN);
        // What is set must be valid, also if the engine is unknown.
        let engine = match properties.get("Engine") {
            Some(engine) => reader.text("Engine", Some(engine), Engine::parse),
            None => Some(Place::USUAL_ENGINE),
        };
        let assumed = engine.unwrap_or(Place::USUAL_ENGINE);
        let database = properties.get("Database");
        let database = reader.text("Database", database, |text| name::database_name(assumed, text));
        let place = database.map(|database| Place { engine: assumed, database });
        let scheme = reader.text("Scheme", properties.get("Scheme"), Scheme::parse);
        let mut users = Vec::new();
        for (number, user) in reader.list("Users", properties.get("Users")).iter().enumerate() {
            let path = format!("Users[{number}]");
            let user = reader.user(&path, user, scheme, place.as_ref());
            if let Some(user) = &user
                && users.iter().any(|other: &User<_>| other.name == user.name)
            {
                reader.problem(format!("{path}.Name"), "a name that no other user has");
            }
            users.extend(user);
        }
        match (place, reader.0.is_empty()) {
            (Some(place), true) => Ok(Self { place, users }),
            _ => Err(Problems(reader.0)),
        }
    }
}

impl User {
    /// Adds its secrets.
    pub(crate) fn hide_in(&self, secrets: &mut Secrets) {
        match &self.login {
            Login::Secret(password) => password.hide_in(secrets),
            Login::Iam => {}
        }
    }
}

impl Scheme {
    fn parse(text: &str) -> Result<Self, &'static str> {
        match text {
            "SECRETS" => Ok(Self::Secrets),
            "IAM_AUTH" => Ok(Self::IamAuth),
            _ => Err("SECRETS or IAM_AUTH"),
        }
    }
}

fn is_reference(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.starts_with(REFERENCE))
}

/// Collects problems while it reads.
#[derive(Default)]
struct Reader(Vec<Problem>);

impl Reader {
    fn problem(&mut self, path: impl Into<String>, expected: impl Into<String>) {
        self.0.push(Problem { path: path.into(), expected: expected.into() });
    }

    fn known(&mut self, path: &str, object: &Map<String, Value>, known: &[&str]) {
        for (key, value) in object.iter().filter(|(key, _)| !known.contains(&key.as_str())) {
            let dot = if path.is_empty() { "" } else { "." };
            let reference = if is_reference(value) { UNRESOLVED } else { "" };
            let expected = match (key.as_str(), known == KNOWN_OF_USER) {
                ("Password", true) => "SecretArn instead, the ARN of the user's secret".to_owned(),
                _ => format!("one of {}", known.join(", ")),
            };
            self.problem(format!("{path}{dot}{key}"), format!("{expected}{reference}"));
        }
    }

    fn text<T, E: Into<String>>(
        &mut self,
        path: &str,
        value: Option<&Value>,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        if value.is_some_and(is_reference) {
            self.problem(path, format!("a value{UNRESOLVED}"));
            return None;
        }
        let parsed = match value.and_then(Value::as_str) {
            Some(text) => parse(text).map_err(Into::into),
            None => Err("a text".to_owned()),
        };
        parsed.map_err(|expected| self.problem(path, expected)).ok()
    }

    fn list<'a>(&mut self, path: &str, value: Option<&'a Value>) -> &'a [Value] {
        let Some(list) = value.and_then(Value::as_array) else {
            self.problem(path, "a list");
            return &[];
        };
        list
    }

    fn user(
        &mut self,
        path: &str,
        value: &Value,
        scheme: Option<Scheme>,
        place: Option<&Place>,
    ) -> Option<User<SecretArn>> {
        let Some(user) = value.as_object() else {
            self.problem(path, "an object");
            return None;
        };
        self.known(path, user, &KNOWN_OF_USER);
        // Names of users are checked even if the database is not known.
        let engine = place.map_or(Place::USUAL_ENGINE, |place| place.engine);
        let name = user.get("Name");
        let name = self.text(&format!("{path}.Name"), name, |text| UserName::parse(engine, text));
        let grant = self.grant(path, user, place);
        let login = self.login(&format!("{path}.SecretArn"), user.get("SecretArn"), scheme);
        Some(User { name: name?, login: login?, grant: grant? })
    }

    fn grant(
        &mut self,
        path: &str,
        user: &Map<String, Value>,
        place: Option<&Place>,
    ) -> Option<Grant> {
        let read = |text: &str| match text {
            "none" => Ok((Grant::None, None)),
            "connect" => Ok((Grant::Connect, None)),
            "read-only" => Ok((Grant::Connect, Some(Access::ReadOnly))),
            "read-write" => Ok((Grant::Connect, Some(Access::ReadWrite))),
            _ => Err("none, connect, read-only or read-write"),
        };
        let schemas_path = format!("{path}.Schemas");
        match (self.text(&format!("{path}.Grant"), user.get("Grant"), read)?, user.get("Schemas")) {
            ((grant, None), None) => Some(grant),
            ((_, None), Some(_)) => {
                self.problem(schemas_path, "nothing, since the grant has no schemas");
                None
            }
            ((_, Some(access)), None) => {
                let Place { engine, database } = place?;
                let usual = SchemaName::usual(*engine, database);
                Some(Grant::Schemas { access, schemas: vec![usual] })
            }
            ((_, Some(access)), schemas @ Some(_)) => {
                let engine = place.map_or(Place::USUAL_ENGINE, |place| place.engine);
                let schemas = self.schemas(&schemas_path, schemas, engine)?;
                Some(Grant::Schemas { access, schemas })
            }
        }
    }

    fn schemas(
        &mut self,
        path: &str,
        value: Option<&Value>,
        engine: Engine,
    ) -> Option<Vec<SchemaName>> {
        let listed = self.list(path, value);
        let mut schemas = Vec::new();
        for (number, schema) in listed.iter().enumerate() {
            let path = format!("{path}[{number}]");
            schemas.push(self.text(&path, Some(schema), |text| SchemaName::parse(engine, text))?);
        }
        schemas.sort();
        schemas.dedup();
        if schemas.is_empty() {
            self.problem(path, "at least one schema");
            return None;
        }
        Some(schemas)
    }

    fn login(
        &mut self,
        path: &str,
        secret: Option<&Value>,
        scheme: Option<Scheme>,
    ) -> Option<Login<SecretArn>> {
        match (scheme?, secret) {
            (Scheme::Secrets, secret) => {
                self.text(path, secret, SecretArn::parse).map(Login::Secret)
            }
            (Scheme::IamAuth, None) => Some(Login::Iam),
            (Scheme::IamAuth, Some(_)) => {
                self.problem(path, "nothing, since with IAM_AUTH no user has a password");
                None
            }
        }
    }
}
