//! The fields of a payload, taken off its front one after the other.
//!
//! Owns the integer and string types of the protocol. Each method returns nothing where too little
//! is left, and never allocates.
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_data_types.html>

use crate::wire::{take, take_cstr};

/// What is left of a payload.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fields<'a>(pub(crate) &'a [u8]);

impl<'a> Fields<'a> {
    pub(crate) fn byte(&mut self) -> Option<u8> {
        take::<1>(&mut self.0).map(|[byte]| byte)
    }

    pub(crate) fn u16(&mut self) -> Option<u16> {
        take(&mut self.0).map(u16::from_le_bytes)
    }

    pub(crate) fn u32(&mut self) -> Option<u32> {
        take(&mut self.0).map(u32::from_le_bytes)
    }

    /// A length-encoded integer.
    pub(crate) fn integer(&mut self) -> Option<u64> {
        match self.byte()? {
            byte @ ..=0xfa => Some(byte.into()),
            0xfc => self.u16().map(u64::from),
            0xfd => take(&mut self.0).map(|[a, b, c]| u32::from_le_bytes([a, b, c, 0]).into()),
            0xfe => take(&mut self.0).map(u64::from_le_bytes),
            // NULL, and the mark of an error.
            0xfb | 0xff => None,
        }
    }

    /// So many bytes.
    pub(crate) fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (bytes, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(bytes)
    }

    /// A length-encoded string.
    pub(crate) fn string(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.integer()?).ok()?;
        self.bytes(length)
    }

    /// A string up to a NUL, or else up to the payload's end: some clients leave out the last NUL.
    pub(crate) fn text(&mut self) -> &'a [u8] {
        let all = self.0;
        take_cstr(&mut self.0).unwrap_or_else(|| {
            self.0 = &[];
            all
        })
    }
}

/// Adds a length-encoded string.
pub(super) fn push_string(to: &mut Vec<u8>, text: &[u8]) {
    let length = u64::try_from(text.len()).unwrap_or(u64::MAX).to_le_bytes();
    let [a, b, c, ..] = length;
    match text.len() {
        0..=0xfa => to.push(a),
        0xfb..=0xffff => to.extend([0xfc, a, b]),
        0x1_0000..=0xff_ffff => to.extend([0xfd, a, b, c]),
        _ => {
            to.push(0xfe);
            to.extend(length);
        }
    }
    to.extend(text);
}

/// Adds a string with a NUL behind it. A NUL within would end it early, and is left out.
pub(super) fn push_text(to: &mut Vec<u8>, text: &[u8]) {
    to.extend(text.iter().filter(|byte| **byte != 0));
    to.push(0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_of_every_length_come_back() {
        for length in [0, 1, 0xfa, 0xfb, 0xff, 0xffff, 0x1_0000, 0x100_0000] {
            let text = vec![b'x'; length];
            let mut bytes = Vec::new();
            push_string(&mut bytes, &text);
            let mut fields = Fields(&bytes);
            assert_eq!(fields.string(), Some(&*text), "{length}");
            assert!(fields.0.is_empty());
        }
    }

    #[test]
    fn a_string_that_is_cut_off_is_none() {
        for bytes in [&b""[..], b"\x02x", b"\xfc\x01", b"\xfb", b"\xff", b"\xfe\xff\xff\xff\xff"] {
            assert_eq!(Fields(bytes).string(), None, "{bytes:?}");
        }
    }
}
