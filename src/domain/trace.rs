//! Whose trace a command belongs to, as W3C Trace Context has it.

use std::fmt;

/// A place in somebody's trace: what the header `traceparent` of version 00 says. It goes along unchanged from a command
/// to all that the command causes, so that whoever is told of that finds the way back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Trace {
    /// The trace.
    pub id: [u8; 16],
    /// The step of it that sent the command.
    pub parent: [u8; 8],
    /// Flags; the lowest says whether the trace is recorded.
    pub flags: u8,
}

/// The only version there is. A later one may say more, or the same in another way.
const VERSION: &str = "00";

impl Trace {
    /// Reads a `traceparent`. `None` where it is of another version, or not as the standard wants it: such a one counts as
    /// not sent, since a command is not wrong for the trace it brings.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let (version, id, parent) = (parts.next()?, parts.next()?, parts.next()?);
        let flags = parts.next()?;
        if version != VERSION || parts.next().is_some() {
            return None;
        }
        let [flags] = hexadecimal::<1>(flags)?;
        let trace = Self { id: hexadecimal(id)?, parent: hexadecimal(parent)?, flags };
        let names = |bytes: &[u8]| bytes.iter().any(|byte| *byte != 0);
        (names(&trace.id) && names(&trace.parent)).then_some(trace)
    }
}

impl fmt::Display for Trace {
    /// As a `traceparent`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hex = |f: &mut fmt::Formatter<'_>, bytes: &[u8]| {
            bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
        };
        write!(f, "{VERSION}-")?;
        hex(f, &self.id)?;
        f.write_str("-")?;
        hex(f, &self.parent)?;
        write!(f, "-{:02x}", self.flags)
    }
}

/// `N` bytes out of small hexadecimal digits, and nothing else.
fn hexadecimal<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return None };
    if pairs.len() != N {
        return None;
    }
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = (digit(*high)? << 4) | digit(*low)?;
    }
    Some(bytes)
}

const fn digit(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => digit.checked_sub(b'0'),
        b'a'..=b'f' => digit.checked_sub(b'a' - 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the standard allows comes back as it was written.
    #[test]
    fn what_is_valid_comes_back() {
        for text in [
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00",
            "00-00000000000000000000000000000001-0000000000000001-ff",
        ] {
            assert_eq!(Trace::parse(text).unwrap().to_string(), text);
        }
        let trace = Trace::parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01").unwrap();
        assert_eq!((trace.id[0], trace.id[15], trace.parent[7], trace.flags), (0x0a, 0x9c, 0x31, 1));
    }

    /// Everything else counts as not sent.
    #[test]
    fn what_is_not_valid_is_none() {
        for text in [
            "",
            "00",
            "00-aa-bb-01",
            "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319g-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-1",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-001",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
            " 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319ü-b7ad6b7169203331-01",
        ] {
            assert_eq!(Trace::parse(text), None, "{text}");
        }
    }
}
