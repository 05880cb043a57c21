//! The clauses of a query, in the order in which PostgreSQL's syntax tree has them.

use super::constants::{Constants, List};

/// What is between a pair of parentheses or brackets, or the whole statement.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) content: Content,
    pub(super) opener: Opener,
    /// No token of it was read.
    pub(super) is_new: bool,
    /// The query after `INSERT INTO t`, which has no parentheses around it.
    pub(super) is_bare: bool,
    /// The clause that goes on, and its constants so far.
    pub(super) clause: Clause,
    pub(super) list: List,
    /// The constants before the operand that came last.
    before_operand: List,
    /// Those of the operands before `AT TIME ZONE`, which the tree has after the zone.
    before_zone: List,
    /// The clauses before it, in the order of the text.
    parts: Vec<(Clause, List)>,
    /// The queries before the last `UNION`, `INTERSECT` or `EXCEPT`.
    members: Option<List>,
}

/// The frames that are open.
#[derive(Debug)]
pub(super) struct Frames {
    /// What no parentheses enclose.
    outer: Frame,
    inner: Vec<Frame>,
}

/// What stands in a frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Content {
    /// Expressions, names, or queries in parentheses.
    Plain,
    /// The list after `WITH`, up to the query that uses it.
    With,
    Select,
    Insert,
    Update,
    Delete,
    Merge,
    /// The modifiers of a type, or names of columns: their constants are not replaced.
    Names,
}

/// What stands before a frame, where that matters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Opener {
    Other,
    /// A type's name.
    Type,
    /// `AS`: what follows may be a query of any kind.
    As,
    /// `OPERATOR`, which is followed by an operator in parentheses.
    Operator,
    Extract,
    Position,
    Trim,
    Normalize,
}

/// The clauses in the order of PostgreSQL's tree. Those of a `SELECT` are in the order of
/// `pg_query_normalize.c`, those of an `UPDATE` in that of `raw_expression_tree_walker`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Clause {
    /// What is the first argument in the tree and the second in the text.
    First,
    Target,
    From,
    Where,
    UpdateFrom,
    Group,
    Sort,
    Having,
    Window,
    Values,
    Offset,
    Limit,
    Conflict,
    Returning,
    With,
}

impl Frames {
    pub(super) fn new() -> Self {
        Self { outer: Frame::new(Content::Plain, Opener::As), inner: Vec::new() }
    }

    /// The innermost.
    pub(super) fn top(&mut self) -> &mut Frame {
        self.inner.last_mut().unwrap_or(&mut self.outer)
    }

    pub(super) fn are_closed(&self) -> bool {
        self.inner.is_empty()
    }

    pub(super) fn push(&mut self, frame: Frame) {
        self.inner.push(frame);
    }

    /// Takes off the innermost, if this is true of it.
    pub(super) fn pop_if(&mut self, wanted: impl Fn(&Frame) -> bool) -> Option<Frame> {
        self.inner.pop_if(|frame| wanted(frame))
    }

    /// Adds the constants of a frame that ended to the one around it.
    pub(super) fn add(&mut self, frame: Frame, constants: &mut Constants) {
        let list = frame.finish(constants);
        constants.append(&mut self.top().list, list);
    }

    /// Ends all frames, and returns their constants.
    pub(super) fn finish(mut self, constants: &mut Constants) -> List {
        while let Some(frame) = self.inner.pop() {
            self.add(frame, constants);
        }
        self.outer.finish(constants)
    }
}

impl Frame {
    pub(super) fn new(content: Content, opener: Opener) -> Self {
        Self {
            content,
            opener,
            is_new: true,
            is_bare: false,
            clause: Clause::Target,
            list: List::default(),
            before_operand: List::default(),
            before_zone: List::default(),
            parts: Vec::new(),
            members: None,
        }
    }

    /// Begins an operand.
    pub(super) fn begin_operand(&mut self, constants: &mut Constants) {
        constants.append(&mut self.list, std::mem::take(&mut self.before_zone));
        self.before_operand = self.list;
    }

    /// Begins the time zone for the operand that came last.
    pub(super) fn begin_zone(&mut self, constants: &mut Constants) {
        let mut operand = constants.split(&mut self.list, self.before_operand);
        constants.append(&mut operand, std::mem::take(&mut self.before_zone));
        self.before_zone = operand;
    }

    /// Begins a clause.
    pub(super) fn begin(&mut self, clause: Clause, constants: &mut Constants) {
        self.begin_operand(constants);
        self.before_operand = List::default();
        self.parts.push((self.clause, std::mem::take(&mut self.list)));
        self.clause = clause;
    }

    /// Begins the next query of a `UNION`, `INTERSECT` or `EXCEPT`.
    pub(super) fn next_member(&mut self, constants: &mut Constants) {
        self.begin(Clause::Target, constants);
        let mut parts = std::mem::take(&mut self.parts);
        self.parts.extend(parts.extract_if(.., |(clause, _)| *clause == Clause::With));
        let mut members = self.members.take().unwrap_or_default();
        append_sorted(&mut members, parts, constants);
        self.members = Some(members);
    }

    /// All its constants, in the order of the tree.
    pub(super) fn finish(mut self, constants: &mut Constants) -> List {
        let mut list = List::default();
        if self.content == Content::Names {
            return list;
        }
        self.begin(Clause::Target, constants);
        if let Some(members) = self.members {
            // What is written after the last of them belongs to the whole.
            let of_whole = [Clause::Sort, Clause::Offset, Clause::Limit, Clause::With];
            let whole = self.parts.extract_if(.., |(clause, _)| of_whole.contains(clause));
            append_sorted(&mut list, whole.collect(), constants);
            constants.append(&mut list, members);
        }
        append_sorted(&mut list, self.parts, constants);
        list
    }
}

fn append_sorted(list: &mut List, mut parts: Vec<(Clause, List)>, constants: &mut Constants) {
    parts.sort_by_key(|(clause, _)| *clause);
    for (_, part) in parts {
        constants.append(list, part);
    }
}
