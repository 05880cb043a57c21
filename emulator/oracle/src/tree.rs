//! The verdict on a text, from PostgreSQL's syntax tree.

use serde_json::Value;

use crate::sql::{Cause, Verdict};

/// All that is in a text: the causes that pin, and those that might.
#[derive(Debug, Default)]
pub struct Found {
    pins: Vec<Cause>,
    doubtful: Vec<Cause>,
}

impl Found {
    /// Whether the verdict is one that this leads to. Which of several causes it names is open.
    pub fn agrees(&self, verdict: Verdict) -> bool {
        match verdict {
            Verdict::Pins(cause) => self.pins.contains(&cause),
            Verdict::Doubtful(cause) => self.pins.is_empty() && self.doubtful.contains(&cause),
            Verdict::Free => self.pins.is_empty() && self.doubtful.is_empty(),
        }
    }

    pub fn is_free(&self) -> bool {
        self.agrees(Verdict::Free)
    }
}

pub fn judge(text: &str) -> Found {
    let parsed = pg_query::parse(text, pg_query::ParserOptions::default()).unwrap();
    let mut found = Found::default();
    for statement in &parsed.protobuf.stmts {
        let tree = serde_json::to_value(&statement.stmt).unwrap();
        one(&tree["node"], true, &mut found);
    }
    found
}

fn one(node: &Value, executed: bool, found: &mut Found) {
    let Some((kind, body)) = node.as_object().and_then(|node| node.iter().next()) else { return };
    let mut pin = |cause| if executed { found.pins.push(cause) } else { found.doubtful.push(cause) };
    let temporary = |relation: &Value| {
        relation["relpersistence"] == "t" || relation["schemaname"] == "pg_temp"
    };
    let mut calls = Calls::Never;
    match kind.as_str() {
        "VariableSetStmt" => match body["kind"].as_i64() {
            Some(5 | 6) => pin(Cause::Reset),
            _ if body["is_local"] == true => found.doubtful.push(Cause::SetLocal),
            Some(4) if body["name"] != "SESSION CHARACTERISTICS" => found.doubtful.push(Cause::SetTransaction),
            _ => pin(Cause::Set),
        },
        "ConstraintsSetStmt" => found.doubtful.push(Cause::SetConstraints),
        "PrepareStmt" => pin(Cause::Prepare),
        "ExecuteStmt" => pin(Cause::Execute),
        "DeallocateStmt" => pin(Cause::Deallocate),
        "DiscardStmt" => pin(Cause::Discard),
        "DeclareCursorStmt" => pin(Cause::DeclaredCursor),
        "FetchStmt" => found.doubtful.push(Cause::Fetch),
        "ClosePortalStmt" => found.doubtful.push(Cause::Close),
        "ListenStmt" => pin(Cause::Listen),
        "UnlistenStmt" => found.doubtful.push(Cause::Unlisten),
        "NotifyStmt" => found.doubtful.push(Cause::Notify),
        "LoadStmt" => pin(Cause::Load),
        "CreateStmt" => {
            calls = Calls::Defined;
            if temporary(&body["relation"]) { pin(Cause::TemporaryTable) }
        }
        "ViewStmt" => {
            calls = Calls::Defined;
            if temporary(&body["view"]) { pin(Cause::TemporaryView) }
        }
        "CreateSeqStmt" => {
            calls = Calls::Defined;
            if temporary(&body["sequence"]) { pin(Cause::TemporarySequence) }
        }
        "CreateTableAsStmt" => {
            calls = Calls::Made;
            if temporary(&body["into"]["rel"]) { pin(Cause::TemporaryTable) }
            if body["query"]["node"]["ExecuteStmt"].is_object() { pin(Cause::Execute) }
        }
        "SelectStmt" | "InsertStmt" | "UpdateStmt" | "DeleteStmt" | "MergeStmt" | "CopyStmt" | "CallStmt" => {
            calls = Calls::Made;
        }
        "ExplainStmt" => {
            let options = body["options"].as_array().unwrap();
            let analyze = options.iter().map(|option| &option["node"]["DefElem"]).filter(|option| option["defname"] == "analyze").last();
            let analyze = analyze.is_some_and(|option| {
                let argument = option["arg"].to_string();
                !["false", "off", "\"ival\":0"].iter().any(|no| argument.contains(no))
            });
            return one(&body["query"]["node"], analyze, found);
        }
        kind if kind.starts_with("Create") || kind.starts_with("Alter") => calls = Calls::Defined,
        "IndexStmt" | "RuleStmt" => calls = Calls::Defined,
        _ => {}
    }
    if calls != Calls::Never {
        called(body, executed && calls == Calls::Made, found);
    }
}

#[derive(PartialEq)]
enum Calls { Made, Defined, Never }

/// Looks for functions that are called, and for `INTO TEMP`.
fn called(value: &Value, executed: bool, found: &mut Found) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| called(item, executed, found)),
        Value::Object(fields) => {
            if let Some(call) = fields.get("FuncCall") {
                function(call, executed, found);
            }
            if let Some(select) = fields.get("SelectStmt") {
                into(select, found);
            }
            if fields.contains_key("into_clause") {
                into(value, found);
            }
            fields.values().for_each(|field| called(field, executed, found));
        }
        _ => {}
    }
}

fn into(select: &Value, found: &mut Found) {
    let relation = &select["into_clause"]["rel"];
    if relation["relpersistence"] == "t" || relation["schemaname"] == "pg_temp" {
        found.doubtful.push(Cause::SelectIntoTemporary);
    }
}

fn function(call: &Value, executed: bool, found: &mut Found) {
    let names: Vec<&str> = call["funcname"].as_array().unwrap().iter().filter_map(|name| name["node"]["String"]["sval"].as_str()).collect();
    let name = match names.as_slice() {
        [name] | [.., "pg_catalog", name] => *name,
        _ => return,
    };
    let (pins, cause) = match name {
        "set_config" => (true, Cause::SetConfig),
        "nextval" | "setval" => (true, Cause::Sequence),
        "currval" | "lastval" => (false, Cause::SequenceState),
        "pg_advisory_lock" | "pg_advisory_lock_shared" | "pg_try_advisory_lock" | "pg_try_advisory_lock_shared" => (true, Cause::AdvisoryLock),
        "pg_advisory_unlock" | "pg_advisory_unlock_shared" | "pg_advisory_unlock_all" => (false, Cause::AdvisoryUnlock),
        "pg_notify" => (false, Cause::Notify),
        _ => return,
    };
    if pins && executed { found.pins.push(cause) } else { found.doubtful.push(cause) }
}
