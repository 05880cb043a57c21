//! Reads one variable after another and keeps every problem.
//!
//! It knows the forms that several variables share; `mod.rs` knows what a variable means.

use std::ops::RangeInclusive;

use super::connect_to::parse_port;
use super::problem::{Problem, Problems};
use super::variables::{NearMiss, Variable};

pub(super) struct Reader<'a> {
    get: &'a dyn Fn(&str) -> Option<String>,
    problems: Vec<Problem>,
    /// Optional variables that are not set.
    unset: Vec<&'static str>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(get: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self { get, problems: Vec::new(), unset: Vec::new() }
    }

    fn value(&self, variable: &str) -> Option<String> {
        (self.get)(variable).filter(|value| !value.is_empty())
    }

    /// Whether a variable is set, and not to the empty string.
    pub(super) fn is_set(&self, variable: &str) -> bool {
        self.value(variable).is_some()
    }

    /// A problem: a variable is not set; with those set that were probably meant for it.
    pub(super) fn missing(&mut self, variable: &'static str, expected: &str) {
        let near_misses = Variable::named(variable)
            .map(|variable| variable.near_misses(|name| self.is_set(name)).collect());
        let problem = Problem::missing(variable, near_misses.unwrap_or_default(), expected);
        self.problem(problem);
    }

    /// A problem if a variable is set that has no effect together with the others.
    pub(super) fn without_effect(&mut self, variable: &'static str, expected: &str) {
        if self.is_set(variable) {
            self.problem(Problem::without_effect(variable, expected));
        }
    }

    /// Set variables that were probably meant for optional ones that are not set.
    pub(super) fn near_misses(&self) -> Vec<NearMiss> {
        let unset = self.unset.iter().filter_map(|name| Variable::named(name));
        unset
            .flat_map(|variable| {
                let set = variable.near_misses(|name| self.is_set(name));
                set.map(|set| NearMiss { variable: variable.name, set })
            })
            .collect()
    }

    /// The variable as `parse` reads it; a problem if it is unset or `parse` rejects it.
    pub(super) fn required<T, E: Into<String>>(
        &mut self,
        variable: &'static str,
        expected: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        if let Some(value) = self.value(variable) {
            return self.parsed(variable, &value, parse);
        }
        self.missing(variable, expected);
        None
    }

    /// The variable as `parse` reads it, if it is set; a problem if `parse` rejects it.
    pub(super) fn optional<T, E: Into<String>>(
        &mut self,
        variable: &'static str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        if let Some(value) = self.value(variable) {
            return self.parsed(variable, &value, parse);
        }
        self.unset.push(variable);
        None
    }

    /// The variable, or `default`, as `parse` reads it; a problem if `parse` rejects it.
    pub(super) fn with_default<T, E: Into<String>>(
        &mut self,
        variable: &'static str,
        default: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        if let Some(value) = self.value(variable) {
            return self.parsed(variable, &value, parse);
        }
        self.unset.push(variable);
        self.parsed(variable, default, parse)
    }

    fn parsed<T, E: Into<String>>(
        &mut self,
        variable: &'static str,
        value: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        match parse(value) {
            Ok(parsed) => Some(parsed),
            Err(expected) => {
                self.problems.push(Problem::wrong(variable, value, expected));
                None
            }
        }
    }

    /// A port; the default if it is unset or wrong.
    pub(super) fn port(&mut self, variable: &'static str, default: u16) -> u16 {
        let read = |text: &str| parse_port(text).ok_or("a port from 1 to 65535");
        self.optional(variable, read).unwrap_or(default)
    }

    /// A whole number within `range`; the default if it is unset or wrong.
    pub(super) fn number(
        &mut self,
        variable: &'static str,
        range: RangeInclusive<u64>,
        default: u64,
    ) -> u64 {
        let expected = || format!("a whole number from {} to {}", range.start(), range.end());
        let read =
            |text: &str| text.parse().ok().filter(|it| range.contains(it)).ok_or_else(expected);
        self.optional(variable, read).unwrap_or(default)
    }

    /// `true` or `false`; false if it is unset or wrong.
    pub(super) fn flag(&mut self, variable: &'static str) -> bool {
        let read = |text: &str| text.parse::<bool>().or(Err("true or false"));
        self.optional(variable, read).unwrap_or(false)
    }

    pub(super) fn problem(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    pub(super) fn has_problem(&self, variable: &str) -> bool {
        self.problems.iter().any(|problem| problem.variable == variable)
    }

    pub(super) fn is_clean(&self) -> bool {
        self.problems.is_empty()
    }

    pub(super) fn into_problems(self) -> Problems {
        Problems::new(self.problems)
    }
}
