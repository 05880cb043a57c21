//! Verdict and digest of a text, from PostgreSQL's syntax tree.

use serde_json::Value;

use crate::sql::{Cause, Verdict};

/// All that a text has: the causes that pin, and those that might.
#[derive(Debug, Default)]
pub struct Found {
    pins: Vec<Cause>,
    doubtful: Vec<Cause>,
}

impl Found {
    /// Whether this leads to the verdict. Which one of several causes it names is open.
    pub fn agrees(&self, verdict: Verdict) -> bool {
        match verdict {
            Verdict::Pins(cause) => self.pins.contains(&cause),
            Verdict::Doubtful(cause) => self.pins.is_empty() && self.doubtful.contains(&cause),
            Verdict::Free => self.is_free(),
        }
    }

    pub fn is_free(&self) -> bool {
        self.pins.is_empty() && self.doubtful.is_empty()
    }

    fn add(&mut self, cause: Cause, pins: bool) {
        if pins { self.pins.push(cause) } else { self.doubtful.push(cause) }
    }
}

/// The digest, by the rule that meets RDS Proxy's.
pub fn digest(text: &str) -> String {
    let normalized = pg_query::normalize(text).expect("the parser took it");
    let words = normalized.split([' ', '\t', '\n', '\r', '\x0b', '\x0c']);
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    words.join(" ").to_ascii_lowercase()
}

pub fn judge(text: &str) -> Found {
    let parsed = pg_query::parse(text, pg_query::ParserOptions::default()).unwrap();
    let mut found = Found::default();
    for statement in &parsed.protobuf.stmts {
        let tree = serde_json::to_value(&statement.stmt).unwrap();
        judge_one(&tree["node"], true, &mut found);
    }
    found
}

fn judge_one(node: &Value, executed: bool, found: &mut Found) {
    let Some((kind, body)) = node.as_object().and_then(|node| node.iter().next()) else { return };
    if kind == "ExplainStmt" {
        return judge_one(&body["query"]["node"], takes_analyze(body), found);
    }
    if let Some((cause, pins)) = by_kind(kind, body) {
        found.add(cause, pins && executed);
    }
    let calls = match kind.as_str() {
        "SelectStmt" | "InsertStmt" | "UpdateStmt" | "DeleteStmt" | "MergeStmt" | "CopyStmt"
        | "CallStmt" => Some(executed),
        "CreateTableAsStmt" => {
            if body["query"]["node"]["ExecuteStmt"].is_object() {
                found.add(Cause::Execute, executed);
            }
            Some(executed)
        }
        "IndexStmt" | "RuleStmt" | "ViewStmt" => Some(false),
        kind if kind.starts_with("Create") || kind.starts_with("Alter") => Some(false),
        _ => None,
    };
    if let Some(calls) = calls {
        look_inside(body, calls, found);
    }
}

/// What a statement does as such, and whether that pins.
fn by_kind(kind: &str, body: &Value) -> Option<(Cause, bool)> {
    let temporary = |relation: &Value, cause| is_temporary(relation).then_some((cause, true));
    match kind {
        // The kinds of `VariableSetKind`: 4 is of several settings, 5 and 6 reset.
        "VariableSetStmt" => Some(match body["kind"].as_i64() {
            Some(5 | 6) => (Cause::Reset, true),
            _ if body["is_local"] == true => (Cause::SetLocal, false),
            Some(4) if body["name"] != "SESSION CHARACTERISTICS" => (Cause::SetTransaction, false),
            _ => (Cause::Set, true),
        }),
        "ConstraintsSetStmt" => Some((Cause::SetConstraints, false)),
        "PrepareStmt" => Some((Cause::Prepare, true)),
        "ExecuteStmt" => Some((Cause::Execute, true)),
        "DeallocateStmt" => Some((Cause::Deallocate, true)),
        "DiscardStmt" => Some((Cause::Discard, true)),
        "DeclareCursorStmt" => Some((Cause::DeclaredCursor, true)),
        "FetchStmt" => Some((Cause::Fetch, false)),
        "ClosePortalStmt" => Some((Cause::Close, false)),
        "ListenStmt" => Some((Cause::Listen, true)),
        "UnlistenStmt" => Some((Cause::Unlisten, false)),
        "NotifyStmt" => Some((Cause::Notify, false)),
        "LoadStmt" => Some((Cause::Load, true)),
        "CreateStmt" => temporary(&body["relation"], Cause::TemporaryTable),
        "ViewStmt" => temporary(&body["view"], Cause::TemporaryView),
        "CreateSeqStmt" => temporary(&body["sequence"], Cause::TemporarySequence),
        "CreateTableAsStmt" => temporary(&body["into"]["rel"], Cause::TemporaryTable),
        _ => None,
    }
}

fn is_temporary(relation: &Value) -> bool {
    relation["relpersistence"] == "t" || relation["schemaname"] == "pg_temp"
}

fn takes_analyze(explain: &Value) -> bool {
    let options = explain["options"].as_array().into_iter().flatten();
    let options = options.map(|option| &option["node"]["DefElem"]);
    let value = options.filter(|option| option["defname"] == "analyze").last();
    let is_off = |value: &Value| {
        ["false", "off", "\"ival\":0"].iter().any(|off| value["arg"].to_string().contains(off))
    };
    value.is_some_and(|value| !is_off(value))
}

/// Looks for functions that are called, and for `INTO TEMP`.
fn look_inside(value: &Value, calls: bool, found: &mut Found) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| look_inside(item, calls, found)),
        Value::Object(fields) => {
            if let Some((cause, pins)) = fields.get("FuncCall").and_then(by_function) {
                found.add(cause, pins && calls);
            }
            if fields.get("into_clause").is_some_and(|into| is_temporary(&into["rel"])) {
                found.add(Cause::SelectIntoTemporary, false);
            }
            fields.values().for_each(|field| look_inside(field, calls, found));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn by_function(call: &Value) -> Option<(Cause, bool)> {
    let names = call["funcname"].as_array()?.iter();
    let names: Vec<&str> =
        names.filter_map(|name| name["node"]["String"]["sval"].as_str()).collect();
    let ([name] | [.., "pg_catalog", name]) = names.as_slice() else { return None };
    match *name {
        "set_config" => Some((Cause::SetConfig, true)),
        "nextval" | "setval" => Some((Cause::Sequence, true)),
        "currval" | "lastval" => Some((Cause::SequenceState, false)),
        "pg_advisory_lock"
        | "pg_advisory_lock_shared"
        | "pg_try_advisory_lock"
        | "pg_try_advisory_lock_shared" => Some((Cause::AdvisoryLock, true)),
        "pg_advisory_unlock" | "pg_advisory_unlock_shared" | "pg_advisory_unlock_all" => {
            Some((Cause::AdvisoryUnlock, false))
        }
        "pg_notify" => Some((Cause::Notify, false)),
        _ => None,
    }
}
