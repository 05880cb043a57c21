//! Reads the fields of a packet, one after another; `None` where a packet is too short.
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_data_types.html>

/// What is left of a packet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fields<'a>(&'a [u8]);

/// A column of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column<'a> {
    Null,
    Text(&'a [u8]),
}

/// The first byte of a length, for a column that is `NULL`.
const NULL: u8 = 0xfb;

impl<'a> Fields<'a> {
    pub(super) fn new(payload: &'a [u8]) -> Self {
        Self(payload)
    }

    pub(super) fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    pub(super) fn byte(&mut self) -> Option<u8> {
        let (byte, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*byte)
    }

    pub(super) fn u16(&mut self) -> Option<u16> {
        let (bytes, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u16::from_le_bytes(*bytes))
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        let (bytes, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u32::from_le_bytes(*bytes))
    }

    /// A text that a NUL ends.
    pub(super) fn until_nul(&mut self) -> Option<&'a [u8]> {
        let length = self.0.iter().position(|byte| *byte == 0)?;
        let text = self.take(length)?;
        self.byte()?;
        Some(text)
    }

    /// A text that a NUL or the packet ends.
    pub(super) fn until_nul_or_end(&mut self) -> &'a [u8] {
        self.until_nul().unwrap_or_else(|| self.rest())
    }

    pub(super) fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.0)
    }

    pub(super) fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// A number of one, three, four or nine bytes.
    pub(super) fn number(&mut self) -> Option<u64> {
        let bytes = match self.byte()? {
            small @ 0..=0xfa => return Some(u64::from(small)),
            0xfc => self.take(2)?,
            0xfd => self.take(3)?,
            0xfe => self.take(8)?,
            NULL | 0xff => return None,
        };
        Some(bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    /// A column of a row.
    pub(super) fn column(&mut self) -> Option<Column<'a>> {
        if self.0.first() == Some(&NULL) {
            self.byte()?;
            return Some(Column::Null);
        }
        let length = usize::try_from(self.number()?).ok()?;
        self.take(length).map(Column::Text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_the_length_that_its_first_byte_says() {
        let number = |bytes: &[u8]| Fields::new(bytes).number();
        assert_eq!(number(&[0xfa]), Some(0xfa));
        assert_eq!(number(&[0xfc, 1, 2]), Some(0x0201));
        assert_eq!(number(&[0xfd, 1, 2, 3]), Some(0x0003_0201));
        assert_eq!(number(&[0xfe, 1, 0, 0, 0, 0, 0, 0, 2]), Some(0x0200_0000_0000_0001));
        for cut in [&[][..], &[0xfb], &[0xff], &[0xfc, 1], &[0xfd, 1, 2], &[0xfe, 1, 2, 3]] {
            assert_eq!(number(cut), None, "{cut:?}");
        }
    }

    #[test]
    fn a_column_is_null_empty_a_text_or_cut() {
        let column = |bytes: &'static [u8]| Fields::new(bytes).column();
        assert_eq!(column(&[0xfb]), Some(Column::Null));
        assert_eq!(column(&[0]), Some(Column::Text(b"")));
        assert_eq!(column(b"\x03app"), Some(Column::Text(b"app")));
        assert_eq!(column(b"\x04app"), None);
    }
}
