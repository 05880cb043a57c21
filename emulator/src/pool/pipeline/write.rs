//! Messages to the database, and errors from it, with other names than they came with.
//!
//! Owns the layout of the messages that hold a statement's name. Which name that is is `ask`'s
//! matter. Of a long message only the beginning is here; its length is right all the same.
//! <https://www.postgresql.org/docs/current/protocol-message-formats.html>

use std::ops::Range;

use bytes::{BufMut as _, Bytes, BytesMut};

use super::Message;
use super::statements::Name;
use crate::wire::{take, take_cstr};

/// Writes a message's tag and length.
pub(super) fn header(out: &mut BytesMut, tag: u8, body: usize) {
    out.put_u8(tag);
    out.put_u32(u32::try_from(body + 4).unwrap_or(u32::MAX));
}

/// Writes a message whose body is here.
pub(super) fn whole(out: &mut BytesMut, tag: u8, body: &[&[u8]]) {
    header(out, tag, body.iter().map(|part| part.len()).sum());
    for part in body {
        out.put_slice(part);
    }
}

/// Writes a message as it is.
pub(super) fn unchanged(out: &mut BytesMut, message: Message<'_>) {
    header(out, message.tag, message.head.len() + message.rest);
    out.put_slice(message.head);
}

/// Writes a message with another name in it.
pub(super) fn renamed(out: &mut BytesMut, message: Message<'_>, place: Range<usize>, name: &[u8]) {
    let before = message.head.get(..place.start).unwrap_or_default();
    let after = message.head.get(place.end..).unwrap_or_default();
    header(out, message.tag, before.len() + name.len() + after.len() + message.rest);
    out.put_slice(before);
    out.put_slice(name);
    out.put_slice(after);
}

/// Where the string that begins at `start` stands, without its NUL.
pub(super) fn string_at(body: &[u8], start: usize) -> Option<Range<usize>> {
    let length = body.get(start..)?.iter().position(|byte| *byte == 0)?;
    Some(start..start + length)
}

/// Whether this is what follows the name in a Parse message: a text, and types of parameters.
pub(super) fn is_parse_body(mut body: &[u8]) -> bool {
    let types = |body: &mut &[u8]| {
        take_cstr(body)?;
        take::<2>(body).map(u16::from_be_bytes)
    };
    types(&mut body).is_some_and(|types| usize::from(types) * 4 == body.len())
}

/// An `ErrorResponse` in whose message the client's name stands for the one at the database; none
/// if there is no name in it.
pub(super) fn renamed_error(message: Message<'_>, name: &Name) -> Option<Bytes> {
    if message.rest > 0 || name.sent == name.own {
        return None;
    }
    let mut body = message.head;
    let mut fields = Vec::with_capacity(body.len() + name.own.len());
    let mut has_changed = false;
    while let Some([field @ 1..=u8::MAX]) = take::<1>(&mut body) {
        let value = take_cstr(&mut body)?;
        fields.push(field);
        if field == b'M' {
            has_changed |= rename_words(value, name, &mut fields);
        } else {
            fields.extend(value);
        }
        fields.push(0);
    }
    fields.push(0);
    let mut renamed = BytesMut::with_capacity(fields.len() + 5);
    whole(&mut renamed, message.tag, &[&fields]);
    has_changed.then(|| renamed.freeze())
}

/// Copies a text, with the client's name in each place of the other.
fn rename_words(text: &[u8], name: &Name, to: &mut Vec<u8>) -> bool {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let (mut rest, mut has_changed, mut before) = (text, false, None);
    while let Some((first, after)) = rest.split_first() {
        let tail = rest.strip_prefix(&*name.sent);
        match tail.filter(|tail| !tail.first().is_some_and(is_part)) {
            Some(tail) if !before.is_some_and(|byte| is_part(&byte)) => {
                to.extend(&name.own);
                (rest, has_changed, before) = (tail, true, None);
            }
            Some(_) | None => {
                to.push(*first);
                (rest, before) = (after, Some(*first));
            }
        }
    }
    has_changed
}

/// One field of an `ErrorResponse`.
pub(super) fn error_field(mut body: &[u8], wanted: u8) -> Option<&[u8]> {
    while let Some([field @ 1..=u8::MAX]) = take::<1>(&mut body) {
        let value = take_cstr(&mut body)?;
        if field == wanted {
            return Some(value);
        }
    }
    None
}
