//! The answers to a command, followed to their end.
//!
//! Owns which packets come after which command, as far as it takes to know the last one, and the
//! session's status that they carry. What is in them is not looked at.
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_command_phase.html>

use super::answer::{EOF, ERR, LOCAL_INFILE, OK, status, status_of_eof, status_of_ok};
use super::packet::Packet;
use super::{Fields, MAX_PAYLOAD, command};
use crate::wire::WireError;

/// The answers to one command.
#[derive(Clone, Debug)]
pub(crate) struct Answers {
    state: State,
    deprecates_eof: bool,
    /// Whether the next packet goes on with a payload that is looked at already.
    is_continued: bool,
    status: Option<u16>,
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// `OK`, `ERR`, or the number of a result's columns.
    Result,
    /// `OK` or `ERR`; two commands are answered with an `EOF`.
    Single,
    /// A text.
    Text,
    /// `OK` with the numbers of a prepared statement's parameters and columns.
    Prepared,
    /// So many definitions of columns, and an `EOF` behind them unless the session has none.
    Columns { left: u64, then: Then },
    /// The `EOF` behind the definitions.
    ColumnsEnd(Then),
    /// Rows, or definitions of columns, up to their end.
    Rows,
    /// Nothing more.
    Nothing,
}

/// What comes behind the definitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Then {
    Rows,
    Columns(u64),
    Nothing,
}

/// What a packet is to the course of the answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// More will come.
    More,
    /// The client is to send a file, up to an empty packet, before more comes.
    File,
    /// It was the last one, and the command succeeded.
    Succeeded,
    /// It was the last one, and the command failed.
    Failed,
}

impl Answers {
    /// Those to a command; none if it is not answered.
    pub(crate) fn to(command: u8, deprecates_eof: bool) -> Option<Self> {
        let state = match command {
            command::QUERY | command::STMT_EXECUTE | command::PROCESS_INFO => State::Result,
            command::STMT_PREPARE => State::Prepared,
            command::STMT_FETCH | command::FIELD_LIST => State::Rows,
            command::STATISTICS => State::Text,
            command::STMT_CLOSE | command::STMT_SEND_LONG_DATA | command::QUIT => return None,
            _ => State::Single,
        };
        Some(Self { state, deprecates_eof, is_continued: false, status: None })
    }

    /// The session's status as of the last packet that had one.
    pub(crate) fn status(&self) -> Option<u16> {
        self.status
    }

    /// Whether the next packet is a row, unless it ends them.
    pub(crate) fn is_at_rows(&self) -> bool {
        self.state == State::Rows
    }

    /// Takes the next packet.
    ///
    /// # Errors
    ///
    /// If it does not belong here.
    pub(crate) fn take(&mut self, packet: &Packet<'_>) -> Result<Progress, WireError> {
        let was_continued = std::mem::replace(&mut self.is_continued, packet.is_continued());
        if was_continued {
            return Ok(Progress::More);
        }
        let first = packet.head.first().copied();
        let unexpected = || WireError::Malformed("an answer to no command");
        let first = first.ok_or_else(unexpected)?;
        if first == ERR && self.state != State::Text {
            self.state = State::Nothing;
            return Ok(Progress::Failed);
        }
        match self.state {
            State::Result => self.result(first, packet.head).ok_or_else(unexpected),
            State::Single => {
                let status = if first == OK { status_of_ok } else { status_of_eof };
                self.status = status(packet.head).or(self.status);
                Ok(self.finish())
            }
            State::Text => Ok(self.finish()),
            State::Prepared => self.prepared(packet.head).ok_or_else(unexpected),
            State::Columns { left, then } => {
                let left = left.saturating_sub(1);
                Ok(if left > 0 {
                    self.go_on(State::Columns { left, then })
                } else if self.deprecates_eof {
                    self.after_columns(then)
                } else {
                    self.go_on(State::ColumnsEnd(then))
                })
            }
            State::ColumnsEnd(then) => {
                let status = status_of_eof(packet.head).ok_or_else(unexpected)?;
                self.status = Some(status);
                // A cursor: the rows are fetched by separate commands.
                let has_cursor = then == Then::Rows && status & status::CURSOR_EXISTS != 0;
                Ok(if has_cursor { self.finish() } else { self.after_columns(then) })
            }
            State::Rows if first == EOF && self.is_end(packet) => {
                let status = if self.deprecates_eof { status_of_ok } else { status_of_eof };
                let status = status(packet.head).ok_or_else(unexpected)?;
                Ok(self.end_of_result(status))
            }
            State::Rows => Ok(Progress::More),
            State::Nothing => Err(unexpected()),
        }
    }

    /// Whether a packet among rows that begins like an `EOF` is one: a row may begin so too, with the
    /// length of a value of 16 MiB or more.
    fn is_end(&self, packet: &Packet<'_>) -> bool {
        packet.length() < if self.deprecates_eof { MAX_PAYLOAD } else { 9 }
    }

    fn result(&mut self, first: u8, payload: &[u8]) -> Option<Progress> {
        match first {
            OK => {
                let status = status_of_ok(payload)?;
                Some(self.end_of_result(status))
            }
            LOCAL_INFILE => Some(Progress::File),
            _ => {
                let left = Fields(payload).integer().filter(|count| *count > 0)?;
                Some(self.go_on(State::Columns { left, then: Then::Rows }))
            }
        }
    }

    fn prepared(&mut self, payload: &[u8]) -> Option<Progress> {
        let mut fields = Fields(payload);
        fields.byte().filter(|first| *first == OK)?;
        fields.u32()?;
        let (columns, parameters) = (u64::from(fields.u16()?), u64::from(fields.u16()?));
        let then = if columns > 0 { Then::Columns(columns) } else { Then::Nothing };
        Some(if parameters > 0 {
            self.go_on(State::Columns { left: parameters, then })
        } else {
            self.after_columns(then)
        })
    }

    fn after_columns(&mut self, then: Then) -> Progress {
        match then {
            Then::Rows => self.go_on(State::Rows),
            Then::Columns(left) => self.go_on(State::Columns { left, then: Then::Nothing }),
            Then::Nothing => self.finish(),
        }
    }

    fn end_of_result(&mut self, status: u16) -> Progress {
        self.status = Some(status);
        if status & status::MORE_RESULTS != 0 { self.go_on(State::Result) } else { self.finish() }
    }

    fn go_on(&mut self, state: State) -> Progress {
        self.state = state;
        Progress::More
    }

    fn finish(&mut self) -> Progress {
        self.state = State::Nothing;
        Progress::Succeeded
    }
}

#[cfg(test)]
mod tests {
    use super::super::{HEADER, append, first_packet};
    use super::*;

    const DONE: &[u8] = b"\0\0\0\x02\0\0\0";
    const COLUMN: &[u8] = b"\x03def\0\0\0\x011\0\x0c\x3f\0\x01\0\0\0\x03\x81\0\0\0\0";
    const END: &[u8] = b"\xfe\0\0\x02\0";
    /// An `OK` instead of an `EOF`, in a transaction.
    const NEW_END: &[u8] = b"\xfe\0\0\x03\0\0\0";

    /// What each packet is.
    fn follow(
        command: u8,
        deprecates_eof: bool,
        packets: &[&[u8]],
    ) -> (Vec<Progress>, Option<u16>) {
        let mut answers = Answers::to(command, deprecates_eof).expect("answers");
        let progress = packets.iter().map(|payload| {
            let packet = Packet { sequence: 1, head: payload, rest: 0 };
            answers.take(&packet).expect("expected")
        });
        (progress.collect(), answers.status())
    }

    fn check(command: u8, deprecates_eof: bool, packets: &[&[u8]]) {
        let (progress, _) = follow(command, deprecates_eof, packets);
        let (last, others) = progress.split_last().expect("packets");
        assert_eq!(*last, Progress::Succeeded, "{packets:?}");
        assert!(others.iter().all(|one| *one == Progress::More), "{progress:?}");
    }

    #[test]
    fn a_result_ends_with_its_rows_in_both_forms() {
        check(command::QUERY, false, &[DONE]);
        check(command::QUERY, false, &[b"\x01", COLUMN, END, b"\x011", b"\xfb", b"\0", END]);
        check(command::QUERY, true, &[b"\x02", COLUMN, COLUMN, b"\x011\0", NEW_END]);
        let (_, status) = follow(command::QUERY, true, &[b"\x01", COLUMN, NEW_END]);
        assert_eq!(status, Some(status::IN_TRANSACTION | status::AUTOCOMMIT));
    }

    #[test]
    fn a_result_with_more_behind_it_does_not_end_the_answers() {
        let more = b"\0\0\0\x0a\0\0\0";
        check(command::QUERY, false, &[more, b"\x01", COLUMN, END, b"\xfe\0\0\x0a\0", DONE]);
    }

    #[test]
    fn an_error_ends_them_wherever_it_comes() {
        let error = b"\xff\x15\x04#28000no";
        for packets in [&[&error[..]][..], &[b"\x01", COLUMN, END, b"\x011", error]] {
            let (progress, _) = follow(command::QUERY, false, packets);
            assert_eq!(progress.last(), Some(&Progress::Failed));
        }
    }

    #[test]
    fn a_file_that_is_asked_for_comes_before_the_end() {
        let (progress, _) = follow(command::QUERY, true, &[b"\xfb/tmp/file", DONE]);
        assert_eq!(progress, [Progress::File, Progress::Succeeded]);
    }

    #[test]
    fn a_prepared_statement_is_answered_with_all_its_definitions() {
        let prepared = |columns: u8, parameters: u8| {
            [0, 1, 0, 0, 0, columns, 0, parameters, 0, 0, 0, 0].to_vec()
        };
        check(command::STMT_PREPARE, false, &[&prepared(0, 0)]);
        check(command::STMT_PREPARE, false, &[&prepared(1, 2), COLUMN, COLUMN, END, COLUMN, END]);
        check(command::STMT_PREPARE, true, &[&prepared(1, 1), COLUMN, COLUMN]);
        check(command::STMT_PREPARE, true, &[&prepared(2, 0), COLUMN, COLUMN]);
    }

    #[test]
    fn a_cursor_has_no_rows_until_they_are_fetched() {
        check(command::STMT_EXECUTE, false, &[b"\x01", COLUMN, b"\xfe\0\0\x42\0"]);
        check(command::STMT_EXECUTE, true, &[b"\x01", COLUMN, b"\xfe\0\0\x42\0\0\0"]);
        check(command::STMT_FETCH, false, &[b"\0\0\x01", b"\0\0\x02", b"\xfe\0\0\x82\0"]);
    }

    #[test]
    fn other_commands_have_one_packet_or_a_list() {
        check(command::PING, false, &[DONE]);
        check(command::SET_OPTION, false, &[END]);
        check(command::STATISTICS, false, &[b"Uptime: 1"]);
        check(command::FIELD_LIST, false, &[COLUMN, COLUMN, END]);
        assert!(Answers::to(command::STMT_CLOSE, false).is_none());
    }

    #[test]
    fn a_long_row_that_begins_like_an_end_is_none() {
        let long = vec![EOF; MAX_PAYLOAD + 20];
        let mut bytes = Vec::new();
        append(&mut bytes, 4, &long);
        let mut answers = Answers::to(command::QUERY, true).expect("answers");
        for payload in [b"\x01", COLUMN] {
            answers.take(&Packet { sequence: 1, head: payload, rest: 0 }).expect("expected");
        }
        let mut rest = &bytes[..];
        while let Some(packet) = first_packet(rest) {
            assert_eq!(answers.take(&packet).expect("a row"), Progress::More);
            rest = &rest[HEADER + packet.length()..];
        }
        let end = Packet { sequence: 6, head: NEW_END, rest: 0 };
        assert_eq!(answers.take(&end).expect("the end"), Progress::Succeeded);
        assert!(answers.take(&end).is_err(), "nothing is left");
    }
}
