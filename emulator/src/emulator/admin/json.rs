//! Pins and sessions as JSON.
//!
//! Owns the keys, which tests and the page rely on.

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::client::Proxy;
use crate::observe::{Pin, SessionView};

/// The pins after this one, and the id of the last.
pub(super) fn pins(proxy: &Proxy, since: u64) -> String {
    let (last_id, pins) = proxy.pins.since(since);
    let pins: Vec<Value> = pins.iter().map(pin).collect();
    json!({ "last_id": last_id, "pins": pins }).to_string()
}

fn pin(pin: &Pin) -> Value {
    json!({
        "id": pin.id,
        "at": OffsetDateTime::from(pin.at).format(&Rfc3339).ok(),
        "endpoint": &*pin.endpoint,
        "client": pin.client,
        "user": pin.user,
        "database": pin.database,
        "application_name": pin.application_name,
        "class": if pin.is_certain { "pins" } else { "doubtful" },
        "refused": pin.is_refused,
        "reason": pin.reason,
        "reason_source": if pin.is_invented { "invented" } else { "RDS Proxy's log" },
        "digest": pin.digest,
        "statement": pin.statement,
        "cause": pin.cause,
        "remedy": pin.remedy,
    })
}

/// The sessions that are open.
pub(super) fn sessions(proxy: &Proxy) -> String {
    let sessions: Vec<Value> = proxy.sessions.read().iter().map(|it| session(it)).collect();
    json!({ "sessions": sessions }).to_string()
}

fn session(view: &SessionView) -> Value {
    json!({
        "id": view.number,
        "endpoint": &*view.endpoint,
        "client": view.client.to_string(),
        "user": view.user,
        "database": view.database,
        "application_name": view.application_name,
        "state": view.state().as_str(),
        "pinned": view.is_pinned(),
        "database_connection": view.server(),
    })
}
