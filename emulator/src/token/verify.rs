//! A token judged: good for this endpoint, user and moment, or the reason why not.
//!
//! Owns the order and meaning of the checks. The client hears one text for all of them
//! (`texts::iam_failed`); the [`Reason`] goes to the emulator's own log and names no secret.
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-connecting.html>

use std::time::SystemTime;

use time::{Date, Duration, Month, OffsetDateTime};

use super::canonical::{Scope, is_signature};
use super::parse::Token;
use super::reason::{ALGORITHM, MAX_LIFE_S, Reason};
use crate::users::Principal;

const SERVICE: &str = "rds-db";

/// How far a signer's clock may be ahead. The proxy's own tolerance is undocumented; this is the
/// five minutes that AWS states for signed requests in general:
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html>.
const FUTURE_TOLERANCE: Duration = Duration::minutes(5);

/// What a token must be meant for: an endpoint and a user.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Audience<'a> {
    /// The endpoint's host name, lower case.
    pub(crate) host: &'a str,
    /// The endpoint's port.
    pub(crate) port: u16,
    /// The region that signs.
    pub(crate) region: &'a str,
    /// The user of the `StartupMessage`.
    pub(crate) user: &'a str,
    /// The ARN of that user behind this proxy.
    pub(crate) arn: &'a str,
}

/// Judges a token.
pub(crate) fn verify(
    token: &str,
    audience: &Audience<'_>,
    principals: &[Principal],
    now: SystemTime,
) -> Result<(), Reason> {
    let token = Token::parse(token)?;
    check_audience(&token, audience)?;
    let timestamp = check_time(&token, now)?;
    let (key_id, date) = check_scope(&token, audience, timestamp)?;
    let principal =
        principals.iter().find(|p| p.access_key_id == key_id).ok_or(Reason::UnknownKey)?;
    if token.get("X-Amz-Security-Token") != principal.session_token() {
        return Err(Reason::SessionToken);
    }
    let scope = Scope {
        secret: principal.secret(),
        date,
        region: audience.region,
        service: SERVICE,
        timestamp,
    };
    if !is_signature(required(&token, "X-Amz-Signature")?, &token, &scope) {
        return Err(Reason::Signature);
    }
    if !principal.may_connect(audience.arn) {
        return Err(Reason::NotPermitted(audience.arn.to_owned()));
    }
    Ok(())
}

fn required<'t>(token: &'t Token<'_>, name: &'static str) -> Result<&'t str, Reason> {
    token.get(name).ok_or(Reason::Missing(name))
}

fn check_audience(token: &Token<'_>, audience: &Audience<'_>) -> Result<(), Reason> {
    if token.host != audience.host {
        return Err(Reason::Host(token.host.to_owned()));
    }
    if token.port != audience.port {
        return Err(Reason::Port(token.port));
    }
    if required(token, "Action")? != "connect" {
        return Err(Reason::Action);
    }
    let user = required(token, "DBUser")?;
    if user != audience.user {
        return Err(Reason::User(user.to_owned()));
    }
    Ok(())
}

/// Checks when the token was made and how long it lives; returns its timestamp.
fn check_time<'t>(token: &'t Token<'_>, now: SystemTime) -> Result<&'t str, Reason> {
    let timestamp = required(token, "X-Amz-Date")?;
    let made = moment(timestamp).ok_or(Reason::Date)?;
    let life = required(token, "X-Amz-Expires")?;
    let life = Some(life)
        .filter(|life| life.bytes().all(|byte| byte.is_ascii_digit()))
        .and_then(|life| life.parse::<i64>().ok())
        .filter(|life| (1..=MAX_LIFE_S).contains(life))
        .ok_or(Reason::Expires)?;
    let age = OffsetDateTime::from(now) - made;
    if age < -FUTURE_TOLERANCE {
        return Err(Reason::Future { ahead: -age });
    }
    let ago = age - Duration::seconds(life);
    if ago > Duration::ZERO { Err(Reason::Expired { ago }) } else { Ok(timestamp) }
}

/// The moment that `YYYYMMDDTHHMMSSZ` names.
fn moment(timestamp: &str) -> Option<OffsetDateTime> {
    let (date, time) = timestamp.strip_suffix('Z')?.split_once('T')?;
    if date.len() != 8 || time.len() != 6 {
        return None;
    }
    let number = |text: Option<&str>| {
        text.filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))?.parse::<u16>().ok()
    };
    let two = |text: Option<&str>| u8::try_from(number(text)?).ok();
    let month = Month::try_from(two(date.get(4..6))?).ok()?;
    let date = Date::from_calendar_date(number(date.get(..4))?.into(), month, two(date.get(6..))?);
    let (hour, minute, second) = (two(time.get(..2))?, two(time.get(2..4))?, two(time.get(4..))?);
    Some(date.ok()?.with_hms(hour, minute, second).ok()?.assume_utc())
}

/// Checks algorithm, signed headers and credential scope; returns access key id and scope date.
fn check_scope<'t>(
    token: &'t Token<'_>,
    audience: &Audience<'_>,
    timestamp: &str,
) -> Result<(&'t str, &'t str), Reason> {
    if required(token, "X-Amz-Algorithm")? != ALGORITHM {
        return Err(Reason::Algorithm);
    }
    if required(token, "X-Amz-SignedHeaders")? != "host" {
        return Err(Reason::SignedHeaders);
    }
    let credential: Vec<&str> = required(token, "X-Amz-Credential")?.split('/').collect();
    let &[key_id, date, region, service, end] = credential.as_slice() else {
        return Err(Reason::Scope("it has not five parts"));
    };
    if !timestamp.strip_prefix(date).is_some_and(|rest| rest.starts_with('T')) {
        return Err(Reason::Scope("its date is not that of X-Amz-Date"));
    }
    if service != SERVICE {
        return Err(Reason::Scope("its service is not rds-db"));
    }
    if end != "aws4_request" {
        return Err(Reason::Scope("it does not end in aws4_request"));
    }
    if region != audience.region {
        return Err(Reason::Region(region.to_owned()));
    }
    Ok((key_id, date))
}
