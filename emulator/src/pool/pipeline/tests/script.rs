//! What clients send, as bytes, and at random.

use std::fmt;

use proptest::prelude::*;
use proptest::sample::select;

/// A message of a client's, header and all.
pub(crate) type Bytes = Vec<u8>;

pub(super) fn message(tag: u8, body: &[u8]) -> Bytes {
    let length = u32::try_from(body.len() + 4).expect("short").to_be_bytes();
    [&[tag], &length[..], body].concat()
}

pub(crate) fn parse(name: &str, text: &str) -> Bytes {
    let types = if text.contains("$1") { &[0, 1, 0, 0, 0, 25][..] } else { &[0, 0] };
    message(b'P', &[format!("{name}\0{text}\0").as_bytes(), types].concat())
}

pub(crate) fn bind(portal: &str, name: &str, parameters: u8) -> Bytes {
    let values = [0, 0, 0, 1, b'x'].repeat(parameters.into());
    let names = format!("{portal}\0{name}\0");
    message(b'B', &[names.as_bytes(), &[0, 0, 0, parameters], &values, &[0, 0]].concat())
}

pub(super) fn describe(kind: char, name: &str) -> Bytes {
    message(b'D', format!("{kind}{name}\0").as_bytes())
}

pub(super) fn close(kind: char, name: &str) -> Bytes {
    message(b'C', format!("{kind}{name}\0").as_bytes())
}

pub(crate) fn execute(portal: &str, limit: u8) -> Bytes {
    message(b'E', &[portal.as_bytes(), &[0, 0, 0, 0, limit]].concat())
}

pub(crate) fn query(text: &str) -> Bytes {
    message(b'Q', format!("{text}\0").as_bytes())
}

pub(super) fn function_call() -> Bytes {
    message(b'F', &[0; 10])
}

pub(crate) fn sync() -> Bytes {
    message(b'S', b"")
}

pub(super) fn flush() -> Bytes {
    message(b'H', b"")
}

pub(crate) fn copy_data(row: &str) -> Bytes {
    message(b'd', row.as_bytes())
}

pub(crate) fn copy_done() -> Bytes {
    message(b'c', b"")
}

pub(super) fn copy_fail() -> Bytes {
    message(b'f', b"enough\0")
}

/// A message whose place of use is not known before, since each client's texts differ.
type Step = Box<[Template]>;

/// A message of any client's.
#[derive(Clone)]
pub(super) enum Template {
    Parse(&'static str, Text),
    Query(Text),
    Bytes(Bytes),
}

#[derive(Clone, Debug)]
pub(super) enum Text {
    /// A `SELECT` of something that no other client selects, with a parameter or not.
    Nonce(bool),
    Fixed(&'static str),
}

impl Text {
    fn write(&self, nonce: &str) -> String {
        match self {
            Self::Nonce(false) => format!("SELECT '{nonce}'"),
            Self::Nonce(true) => format!("SELECT '{nonce}' || $1"),
            Self::Fixed(text) => (*text).to_owned(),
        }
    }
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.write(0, 0);
        write!(f, "{} {}", char::from(bytes[0]), bytes[5..].escape_ascii())
    }
}

impl Template {
    /// The message of this client, with this number.
    pub(super) fn write(&self, client: usize, number: usize) -> Bytes {
        let nonce = format!("{client}/{number}");
        match self {
            Self::Parse(name, text) => parse(name, &text.write(&nonce)),
            Self::Query(text) => query(&text.write(&nonce)),
            Self::Bytes(bytes) => bytes.clone(),
        }
    }
}

fn name() -> impl Strategy<Value = &'static str> {
    select(vec!["", "", "a", "a", "b", "S_1", "rds_proxy_1", "rds_proxy_rds_proxy_1"])
}

fn portal() -> impl Strategy<Value = &'static str> {
    select(vec!["", "", "", "p"])
}

/// A text for a simple or extended query.
fn text() -> impl Strategy<Value = Text> {
    let fixed = vec![
        "SELECT 1/0",
        "SELEC",
        "",
        "BEGIN",
        "COMMIT",
        "ROLLBACK",
        "DO RAISE NOTICE",
        "SELECT noted",
    ];
    prop_oneof![
        4 => any::<bool>().prop_map(Text::Nonce),
        3 => select(fixed).prop_map(Text::Fixed),
        1 => select(vec!["COPY t TO STDOUT", "DEALLOCATE ALL", "DISCARD ALL"]).prop_map(Text::Fixed),
    ]
}

fn simple() -> impl Strategy<Value = Template> {
    let other = vec![
        "SELECT 'x'; SELECT 'y'",
        "SELECT 'x'; SELECT 1/0; SELECT 'z'",
        "BEGIN; SELECT 'x'",
        "SELECT 'x'; SELEC",
        "DEALLOCATE a",
        "DEALLOCATE \"S_1\"",
    ];
    prop_oneof![
        3 => text().prop_map(Template::Query),
        2 => select(other).prop_map(|text| Template::Query(Text::Fixed(text))),
    ]
}

/// Not in the middle of a batch, where the pipeline does not prepare anything for it.
fn sql_execute() -> impl Strategy<Value = Vec<Template>> {
    select(vec!["EXECUTE a", "EXECUTE b", "EXECUTE rds_proxy_1"])
        .prop_map(|text| vec![Template::Bytes(sync()), Template::Query(Text::Fixed(text))])
}

fn end() -> impl Strategy<Value = Template> {
    prop_oneof![6 => Just(sync()), 1 => Just(flush())].prop_map(Template::Bytes)
}

fn single() -> impl Strategy<Value = Template> {
    prop_oneof![
        3 => (name(), text()).prop_map(|(name, text)| Template::Parse(name, text)),
        3 => (portal(), name(), 0..2_u8)
            .prop_map(|(portal, name, given)| Template::Bytes(bind(portal, name, given))),
        1 => name().prop_map(|name| Template::Bytes(describe('S', name))),
        1 => portal().prop_map(|name| Template::Bytes(describe('P', name))),
        2 => (portal(), 0..2_u8).prop_map(|(name, limit)| Template::Bytes(execute(name, limit))),
        2 => name().prop_map(|name| Template::Bytes(close('S', name))),
        1 => portal().prop_map(|name| Template::Bytes(close('P', name))),
        3 => end(),
        2 => simple(),
        1 => select(vec![
            function_call(), copy_data("1\n"), copy_done(), copy_fail(),
            message(b'P', b""), message(b'!', b"Q"), message(b'!', b"P"), message(b'!', b"E"), message(b'B', b""), message(b'C', b""),
        ]).prop_map(Template::Bytes),
    ]
}

/// Parse, Bind, Describe and Execute at once.
fn whole() -> impl Strategy<Value = Vec<Template>> {
    (name(), text(), 0..2_u8, end()).prop_map(|(name, text, given, end)| {
        let rest = [bind("", name, given), describe('P', ""), execute("", 0)];
        let mut messages = vec![Template::Parse(name, text)];
        messages.extend(rest.map(Template::Bytes));
        messages.push(end);
        messages
    })
}

/// Of a statement that is there.
fn again() -> impl Strategy<Value = Vec<Template>> {
    (name(), 0..2_u8, any::<bool>()).prop_map(|(name, given, is_described)| {
        let mut messages = vec![bind("", name, given), execute("", 0), sync()];
        if is_described {
            messages.insert(0, describe('S', name));
        }
        messages.into_iter().map(Template::Bytes).collect()
    })
}

fn prepare() -> impl Strategy<Value = Vec<Template>> {
    (name(), any::<bool>(), end()).prop_map(|(name, has_parameter, end)| {
        let describe = Template::Bytes(describe('S', name));
        vec![Template::Parse(name, Text::Nonce(has_parameter)), describe, end]
    })
}

/// COPY from the client in all forms: in a simple query, alone or among others, and in a batch,
/// with a Sync before the data or none; with bad data, a Flush or a Sync among it; refused by the
/// client, or by the server before it looks at any data. A statement that copies is closed again:
/// with what follows a second COPY unasked for, the number of answers would be anything.
fn copy() -> impl Strategy<Value = Vec<Template>> {
    let data = select(vec!["1\n", "1\n", "bad\n"]).prop_map(copy_data);
    let data = prop_oneof![4 => data, 1 => select(vec![flush(), sync()])];
    let form = (0..4_u8, any::<bool>(), 0..8_u8, any::<bool>());
    (form, prop::collection::vec(data, 0..4)).prop_map(
        |((form, is_synced, last, is_named), data)| {
            let text = if last == 0 { "COPY broken FROM STDIN" } else { "COPY t FROM STDIN" };
            let name = if is_named { "copy" } else { "" };
            let mut messages = match form {
                0 => vec![query(text)],
                1 => vec![query(&format!("SELECT 'x'; {text}; SELECT 'y'"))],
                _ => vec![parse(name, text), bind(name, name, 0), execute(name, 0)],
            };
            if is_synced && form > 1 {
                messages.push(sync());
            }
            messages.extend(data);
            messages.push(if last == 1 { copy_fail() } else { copy_done() });
            if form > 1 {
                messages.extend([sync(), close('S', name), sync()]);
            }
            messages.into_iter().map(Template::Bytes).collect()
        },
    )
}

/// Nothing but data may follow, so that most scripts end here.
fn open_copy() -> impl Strategy<Value = Vec<Template>> {
    Just(vec![Template::Query(Text::Fixed("COPY t FROM STDIN"))])
}

/// An SQL command about a prepared statement, in the extended protocol.
fn extended_sql() -> impl Strategy<Value = Vec<Template>> {
    (select(vec!["DEALLOCATE a", "EXECUTE a", "DEALLOCATE ALL"]), end()).prop_map(|(text, end)| {
        let rest = [bind("sql", "sql", 0), execute("sql", 0), close('S', "sql"), close('P', "sql")];
        let mut messages = vec![Template::Bytes(close('S', "sql"))];
        messages.push(Template::Parse("sql", Text::Fixed(text)));
        messages.extend(rest.map(Template::Bytes));
        messages.push(end);
        messages
    })
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => whole(),
        6 => again(),
        6 => prepare(),
        4 => copy(),
        1 => open_copy(),
        2 => extended_sql(),
        6 => prop::collection::vec(single(), 1..4),
        2 => simple().prop_map(|query| vec![query]),
        2 => sql_execute(),
    ]
    .prop_map(Vec::into_boxed_slice)
}

/// All that one client sends.
pub(super) fn script(steps: usize) -> impl Strategy<Value = Vec<Template>> {
    prop::collection::vec(step(), 1..steps).prop_map(|steps| {
        let end = [copy_fail(), sync(), sync()].map(Template::Bytes);
        steps.into_iter().flat_map(Vec::from).chain(end).collect()
    })
}
