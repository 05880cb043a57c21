//! A server's words inside another text: behind a severity, a driver's prefix, a quote.

use rds_proxy_probe::config::Engine;
use rds_proxy_probe::diagnosis::{Diagnosis, Facts, of_server_error};
use rds_proxy_probe::session::mysql::Plugin;
use rds_proxy_probe::session::{AuthRequest, ErrorCode, ServerError};

/// The longest part of a line that is looked at, in characters.
const LINE: usize = 2_000;

/// The longest part of a server's words that is shown, in characters.
const SHOWN: usize = 300;

/// What stands before a server's words for certain.
const SEVERITIES: [&str; 7] = ["FATAL:", "ERROR:", "PANIC:", "FATAL ", "ERROR ", "error:", "pq:"];

/// What may stand before them.
const BEFORE: [char; 7] = [':', '"', '\'', '(', '[', ',', ')'];

/// What ends them, and may be followed by anything.
const AFTER: [&str; 6] = ["\",\"", "\", \"", "\"}", "://", "password=", " SQLSTATE"];

/// A server's error as it was quoted.
pub(super) struct Quoted {
    pub(super) diagnosis: Diagnosis,
    pub(super) words: String,
}

/// What shows in a text that a token was to be sent to MySQL, in lower case.
const TOKENS: [&str; 3] = ["mysql_clear_password", "x-amz-", "generate-db-auth-token"];

/// What all of a text says about each line of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hints {
    /// Whether it speaks of MySQL or MariaDB.
    pub(super) is_mysql: bool,
    is_postgresql: bool,
    /// Whether a token was to be sent to one.
    sends_token: bool,
}

impl Hints {
    pub(super) fn of(text: &str) -> Self {
        let text = text.to_lowercase();
        let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
        let is_mysql = has(&["mysql", "mariadb"]);
        let is_postgresql = !is_mysql && has(&["postgres", "psycopg", "npgsql", "asyncpg", "pgx"]);
        Self { is_mysql, is_postgresql, sends_token: has(&TOKENS) }
    }

    /// The engine that it speaks of, if it does.
    pub(super) fn engine(self) -> Option<Engine> {
        match (self.is_mysql, self.is_postgresql) {
            (true, _) => Some(Engine::MySql),
            (false, true) => Some(Engine::PostgreSql),
            (false, false) => None,
        }
    }

    /// Whether a cause that an engine has, or both, is possible.
    pub(super) fn may_have(self, engine: Option<Engine>) -> bool {
        engine.is_none_or(|engine| self.engine().is_none_or(|it| it == engine))
    }
}

/// The first error of PostgreSQL's, a pooler's or a proxy's that is known.
pub(super) fn find(text: &str, hints: Hints) -> Option<Quoted> {
    text.lines().find_map(|line| in_line(line, hints))
}

/// A line without control characters, of bounded length.
pub(super) fn readable(line: &str) -> String {
    line.chars().filter(|c| !c.is_control()).take(LINE).collect()
}

fn in_line(line: &str, hints: Hints) -> Option<Quoted> {
    let line = readable(line);
    let behind = |at: usize, length: usize| line.get(at + length..).map(str::trim);
    let severe = SEVERITIES.into_iter().flat_map(|mark| {
        line.match_indices(mark).filter_map(move |(at, _)| behind(at, mark.len()))
    });
    let others = line.match_indices(BEFORE).filter_map(|(at, mark)| behind(at, mark.len()));
    let whole = std::iter::once(line.trim());
    severe.chain(others).chain(whole).find_map(|words| {
        let words = shown(words);
        let found = known(ErrorCode::PostgreSql(None), words, hints)?;
        // The proxy has some words for both engines. With a number that nothing has, those count.
        let words = found.words.clone();
        let of_mysql = || known(ErrorCode::mysql(0, None), words, hints);
        hints.is_mysql.then(of_mysql).flatten().or(Some(found))
    })
}

/// The words alone: what follows may be a connection string.
pub(super) fn shown(words: &str) -> String {
    let ends = AFTER.iter().filter_map(|mark| words.find(mark));
    let end = ends.chain(login(words)).min().unwrap_or(words.len());
    let words = words.get(..end).unwrap_or_default();
    let mut shown: String = words.chars().take(SHOWN).collect();
    // A scheme before what was cut off.
    if end < words.len() || words.len() > shown.len() {
        shown.push('…');
    }
    shown
}

/// Where a word such as `app:password@tcp(host)/app` begins.
fn login(words: &str) -> Option<usize> {
    let at = words.match_indices(':').find(|(at, _)| {
        let word = words.get(*at..).and_then(|rest| rest.split(' ').next());
        word.is_some_and(|word| word.contains('@'))
    });
    let before = words.get(..at?.0)?;
    Some(before.rfind(' ').unwrap_or_default())
}

/// The error that an SQLSTATE alone names.
pub(super) fn by_sqlstate(text: &str, hints: Hints) -> Option<Diagnosis> {
    let lines = text.lines().filter(|line| {
        let line = line.to_ascii_lowercase();
        line.contains("sqlstate") || line.contains("code")
    });
    let words = lines.flat_map(|line| line.split(|c: char| !c.is_ascii_alphanumeric()));
    let is_one = |word: &&str| {
        let is_part = |byte: u8| byte.is_ascii_digit() || byte.is_ascii_uppercase();
        word.len() == 5 && word.bytes().all(is_part)
    };
    let known = |word| known(ErrorCode::postgresql(word), String::new(), hints);
    words.filter(is_one).find_map(known).map(|found| found.diagnosis)
}

/// The meaning of a server's error, if its code or its words are known.
pub(super) fn known(code: ErrorCode, words: String, hints: Hints) -> Option<Quoted> {
    let asked = hints.sends_token.then_some(AuthRequest::MySql(Plugin::ClearPassword));
    let facts = Facts { site: super::SITE, asked: asked.as_ref(), ..Facts::default() };
    let error = ServerError { code, message: words.clone() };
    of_server_error(error, &facts).map(|diagnosis| Quoted { diagnosis, words })
}
