//! The checksum of a table: the wrapping sum over its rows of the CRC-32 of each row's text.
//!
//! A sum does not care for the order of rows and is kept up to date row by row. CRC-32 is that of IEEE 802.3, which
//! every language has.

use std::io::Write;

/// What a row adds to the sum: the CRC-32 of `sku:figure:figure…`.
#[must_use]
pub fn of_row(sku: &str, figures: &[i64]) -> u32 {
    // 128 bytes of SKU and a few figures: no row is longer.
    let mut text = [0_u8; 256];
    let mut rest = text.as_mut_slice();
    let mut write = || -> std::io::Result<usize> {
        rest.write_all(sku.as_bytes())?;
        for figure in figures {
            write!(rest, ":{figure}")?;
        }
        Ok(rest.len())
    };
    let left = write().unwrap_or(0);
    crc32fast::hash(text.get(..256 - left).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sum is the one other languages compute.
    #[test]
    fn rows_have_the_published_checksum() {
        assert_eq!(of_row("123456789", &[]), 0xCBF4_3926, "the check value of CRC-32");
        assert_eq!(of_row("TEE-M", &[40]), crc32fast::hash(b"TEE-M:40"));
        assert_eq!(of_row("ä", &[-1, 0, 7]), crc32fast::hash("ä:-1:0:7".as_bytes()));
        let longest = "x".repeat(128);
        let figures = [i64::MIN; 4];
        let text = format!("{longest}:{0}:{0}:{0}:{0}", i64::MIN);
        assert_eq!(of_row(&longest, &figures), crc32fast::hash(text.as_bytes()));
    }
}
