//! The constants of a text, and the order in which they are numbered.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::sql::lexer::{Kind, Token};

/// The constants that were found.
#[derive(Debug, Default)]
pub(super) struct Constants {
    found: Vec<Constant>,
    /// Those of the statements so far, in the order of their numbers.
    numbered: List,
    /// The highest parameter that the text has itself.
    highest: u32,
}

#[derive(Debug)]
struct Constant {
    place: Range<usize>,
    /// The constant that is numbered after this one.
    next: Option<usize>,
}

/// Constants in the order of their numbers. Two lists are put together without a look at what is in
/// them.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct List {
    ends: Option<(usize, usize)>,
}

impl Constants {
    /// Notes a constant at the end of a list.
    pub(super) fn push(&mut self, list: &mut List, place: Range<usize>) {
        let index = self.found.len();
        self.found.push(Constant { place, next: None });
        self.append(list, List { ends: Some((index, index)) });
    }

    /// Puts a list to the end of another.
    pub(super) fn append(&mut self, list: &mut List, more: List) {
        let Some((more_first, more_last)) = more.ends else { return };
        let first = match list.ends {
            Some((first, last)) => {
                if let Some(last) = self.found.get_mut(last) {
                    last.next = Some(more_first);
                }
                first
            }
            None => more_first,
        };
        list.ends = Some((first, more_last));
    }

    /// Takes off a list what was added to it since it was this.
    pub(super) fn split(&mut self, list: &mut List, earlier: List) -> List {
        let last = earlier.ends.and_then(|(_, last)| self.found.get_mut(last));
        let added = match (last, list.ends) {
            (Some(last), Some((_, end))) => last.next.take().map(|start| (start, end)),
            (None, ends) => ends,
            (Some(_), None) => None,
        };
        *list = earlier;
        List { ends: added }
    }

    /// Numbers the constants of a list after those that are numbered.
    pub(super) fn number(&mut self, list: List) {
        let mut numbered = self.numbered;
        self.append(&mut numbered, list);
        self.numbered = numbered;
    }

    /// Numbers one constant after those that are numbered.
    pub(super) fn number_one(&mut self, place: Range<usize>) {
        let mut numbered = self.numbered;
        self.push(&mut numbered, place);
        self.numbered = numbered;
    }

    /// Notes a parameter that the text has itself.
    pub(super) fn add_parameter(&mut self, parameter: &Token<'_>) {
        if parameter.kind == Kind::Parameter {
            let digits = parameter.text.iter().filter(|byte| byte.is_ascii_digit());
            let number = digits.fold(0_u32, |number, digit| {
                number.saturating_mul(10).saturating_add(u32::from(digit - b'0'))
            });
            self.highest = self.highest.max(number);
        }
    }

    /// Places and numbers, in the order of the text.
    pub(super) fn numbered(self) -> impl Iterator<Item = (Range<usize>, u32)> {
        let mut places = BTreeMap::new();
        let mut next = self.numbered.ends.map(|(first, _)| first);
        let mut number = self.highest;
        while let Some(constant) = next.and_then(|index| self.found.get(index)) {
            number = number.saturating_add(1);
            places.insert(constant.place.start, (constant.place.clone(), number));
            next = constant.next;
        }
        places.into_values()
    }
}
