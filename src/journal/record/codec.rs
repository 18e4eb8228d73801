//! Bytes in and out: variable-length integers (LEB128, zigzag for signed), and strings named once per record and
//! counted afterwards.

use std::ops::Range;

use ahash::AHashMap;

use crate::journal::JournalError;

/// Bytes most records of a row fit into.
const ROW_BYTES: usize = 128;

/// Writes one record.
#[derive(Debug, Default)]
pub struct Writer {
    bytes: Vec<u8>,
    /// Strings written in full, by hash: no copy of them is made, they stand in the record.
    named: AHashMap<u64, Named>,
    names: u64,
}

/// A string written in full.
#[derive(Debug)]
struct Named {
    at: Range<usize>,
    number: u64,
}

impl Writer {
    /// Begins a record of a version.
    #[must_use]
    pub fn new(version: u8) -> Self {
        let mut bytes = Vec::with_capacity(ROW_BYTES);
        bytes.push(version);
        Self { bytes, named: AHashMap::new(), names: 0 }
    }

    /// The record, in no more memory than it needs: many are kept for long.
    #[must_use]
    pub fn finish(self) -> bytes::Bytes {
        self.bytes.into_boxed_slice().into()
    }

    /// A byte.
    pub fn byte(&mut self, byte: u8) {
        self.bytes.push(byte);
    }

    /// A truth value.
    pub fn flag(&mut self, flag: bool) {
        self.byte(u8::from(flag));
    }

    /// An unsigned integer.
    pub fn unsigned(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.bytes.push((value & 0x7f) as u8 | 0x80);
            value >>= 7;
        }
        self.bytes.push((value & 0x7f) as u8);
    }

    /// A signed integer.
    #[expect(clippy::cast_sign_loss, reason = "zigzag maps the sign into the lowest bit")]
    pub fn signed(&mut self, value: i64) {
        self.unsigned(((value << 1) ^ (value >> 63)) as u64);
    }

    /// A length.
    pub fn length(&mut self, length: usize) {
        self.unsigned(length as u64);
    }

    /// A string; the second time a record names it, only its number is written.
    pub fn text(&mut self, text: &str) {
        let hash = self.named.hasher().hash_one(text);
        if let Some(named) = self.named.get(&hash)
            && self.bytes.get(named.at.clone()) == Some(text.as_bytes())
        {
            let number = named.number.wrapping_add(1);
            self.unsigned(number);
            return;
        }
        self.byte(0);
        self.length(text.len());
        let at = self.bytes.len()..self.bytes.len().wrapping_add(text.len());
        self.bytes.extend_from_slice(text.as_bytes());
        // Of two strings with one hash the later is known from here on; the other is written in full again.
        self.named.insert(hash, Named { at, number: self.names });
        self.names = self.names.wrapping_add(1);
    }

    /// Something that may be absent.
    pub fn option<T>(&mut self, value: Option<T>, put: impl FnOnce(&mut Self, T)) {
        self.flag(value.is_some());
        if let Some(value) = value {
            put(self, value);
        }
    }

    /// A list.
    pub fn list<T>(&mut self, values: &[T], mut put: impl FnMut(&mut Self, &T)) {
        self.length(values.len());
        for value in values {
            put(self, value);
        }
    }
}

/// Elements a list reserves memory for before it has read them: damage may ask for as many as the record has bytes.
const RESERVED_MAX: usize = 64;

/// Reads one record; every error says what was expected.
#[derive(Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    strings: Vec<&'a str>,
    version: u8,
}

type Read<T> = Result<T, JournalError>;

/// What is stored can't be understood.
#[must_use]
pub fn damaged(what: impl Into<String>) -> JournalError {
    JournalError::Damaged(what.into())
}

impl<'a> Reader<'a> {
    /// Begins to read a record, which must be of a version up to `newest`.
    ///
    /// # Errors
    /// [`JournalError::Damaged`] where it is empty or newer.
    pub fn new(bytes: &'a [u8], newest: u8) -> Read<(Self, u8)> {
        let mut reader = Self { bytes, strings: Vec::new(), version: 0 };
        let version = reader.byte()?;
        reader.version = version;
        if version == 0 || version > newest {
            return Err(damaged(format!("record of version {version}, this program knows up to {newest}")));
        }
        Ok((reader, version))
    }

    /// The record's version.
    #[must_use]
    pub const fn version(&self) -> u8 {
        self.version
    }

    /// Checks that nothing is left.
    ///
    /// # Errors
    /// [`JournalError::Damaged`] where something is.
    pub fn finish(self) -> Read<()> {
        if self.bytes.is_empty() { Ok(()) } else { Err(damaged("bytes left over behind a record")) }
    }

    /// A byte.
    ///
    /// # Errors
    /// [`JournalError::Damaged`] at the end of the record; so do all below.
    pub fn byte(&mut self) -> Read<u8> {
        let (first, rest) = self.bytes.split_first().ok_or_else(|| damaged("record ends early"))?;
        self.bytes = rest;
        Ok(*first)
    }

    /// A truth value.
    pub fn flag(&mut self) -> Read<bool> {
        match self.byte()? {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(damaged(format!("{other} is no truth value"))),
        }
    }

    /// An unsigned integer.
    pub fn unsigned(&mut self) -> Read<u64> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            // The tenth byte has room for one bit.
            if shift == 63 && byte > 1 {
                break;
            }
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(damaged("an integer has no end"))
    }

    /// A signed integer.
    #[expect(clippy::cast_possible_wrap, reason = "zigzag keeps the sign in the lowest bit")]
    pub fn signed(&mut self) -> Read<i64> {
        let value = self.unsigned()?;
        Ok(((value >> 1) as i64) ^ -((value & 1) as i64))
    }

    /// A length; never more than the bytes left, so that damage can't ask for memory.
    pub fn length(&mut self) -> Read<usize> {
        let length = usize::try_from(self.unsigned()?).map_err(|_| damaged("a length is too large"))?;
        if length > self.bytes.len() { Err(damaged("a length is beyond the record")) } else { Ok(length) }
    }

    /// A string.
    pub fn text(&mut self) -> Read<&'a str> {
        let number = self.unsigned()?;
        if let Some(known) = number.checked_sub(1) {
            let known = usize::try_from(known).ok().and_then(|at| self.strings.get(at));
            return known.copied().ok_or_else(|| damaged("a string's number is not known"));
        }
        let length = self.length()?;
        let (text, rest) = self.bytes.split_at(length);
        self.bytes = rest;
        let text = std::str::from_utf8(text).map_err(|_| damaged("a string is not UTF-8"))?;
        self.strings.push(text);
        Ok(text)
    }

    /// Something that may be absent.
    pub fn option<T>(&mut self, get: impl FnOnce(&mut Self) -> Read<T>) -> Read<Option<T>> {
        if self.flag()? { get(self).map(Some) } else { Ok(None) }
    }

    /// A list.
    pub fn list<T>(&mut self, mut get: impl FnMut(&mut Self) -> Read<T>) -> Read<Vec<T>> {
        let length = self.length()?;
        // An element takes at least a byte of the record and maybe hundreds in memory.
        let mut values = Vec::with_capacity(length.min(RESERVED_MAX));
        for _ in 0..length {
            values.push(get(self)?);
        }
        Ok(values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What was written is read back, a string named twice is stored once, and damage is told, never a panic.
    #[test]
    fn integers_and_strings_come_back() {
        let mut writer = Writer::new(1);
        for value in [0, 1, -1, 63, -64, 300, i64::MAX, i64::MIN] {
            writer.signed(value);
        }
        for value in [0, 127, 128, u64::MAX] {
            writer.unsigned(value);
        }
        writer.text("größe");
        writer.text("größe");
        writer.option(Some(7), |writer, value| writer.unsigned(value));
        let bytes = writer.finish();
        let (mut reader, _) = Reader::new(&bytes, 1).unwrap();
        for value in [0, 1, -1, 63, -64, 300, i64::MAX, i64::MIN] {
            assert_eq!(reader.signed().unwrap(), value);
        }
        for value in [0, 127, 128, u64::MAX] {
            assert_eq!(reader.unsigned().unwrap(), value);
        }
        assert_eq!((reader.text().unwrap(), reader.text().unwrap()), ("größe", "größe"));
        assert_eq!(reader.option(Reader::unsigned).unwrap(), Some(7));
        reader.finish().unwrap();
        for end in 0..bytes.len() {
            let cut = &bytes[..end];
            let read = Reader::new(cut, 1).and_then(|(mut reader, _)| {
                for _ in 0..8 {
                    reader.signed()?;
                }
                for _ in 0..4 {
                    reader.unsigned()?;
                }
                reader.text()?;
                reader.text()?;
                reader.option(Reader::unsigned)?;
                reader.finish()
            });
            assert!(read.is_err(), "cut at {end}");
        }
        assert!(Reader::new(&[2], 1).is_err());
    }
}
