//! Numbers of cards and bank accounts, which have no place in an order.

/// What is said where one was found.
pub const REFUSED: &str = "card and bank numbers are refused";

/// Digits a card's number has.
const CARD: std::ops::RangeInclusive<usize> = 13..=19;
/// Digits beyond those of any telephone (ITU-T E.164 has 15): what follows a `+` is a card's from here on.
const BEYOND_PHONE: usize = 16;

/// How long an account's number is in each country, ISO 13616.
const IBANS: &str = "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 \
    DO28 EE20 EG29 ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 \
    KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 \
    PS29 PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 \
    YE30";

/// Whether a text bears the number of a card or of a bank account.
#[must_use]
pub fn bears_number(text: &str) -> bool {
    bears_card(text, *CARD.start()) || bears_account(text)
}

/// Whether a telephone's number is one of a card, or an account's.
#[must_use]
pub fn is_no_phone(text: &str) -> bool {
    bears_card(text, BEYOND_PHONE) || bears_account(text)
}

fn bears_card(text: &str, least: usize) -> bool {
    if text.bytes().filter(u8::is_ascii_digit).count() < least {
        return false;
    }
    let mut groups: Vec<String> = Vec::new();
    let (mut before, mut phone) = (' ', false);
    for letter in text.chars().chain(['\n']) {
        if letter.is_ascii_digit() {
            match groups.last_mut() {
                Some(group) if before.is_ascii_digit() => group.push(letter),
                _ => {
                    phone = if groups.is_empty() { before == '+' } else { phone };
                    groups.push(letter.to_string());
                }
            }
        } else if !(before.is_ascii_digit() && matches!(letter, ' ' | '-' | '.' | '\u{a0}')) {
            if are_card(&groups, if phone { least.max(BEYOND_PHONE) } else { least }) {
                return true;
            }
            groups.clear();
        }
        before = letter;
    }
    false
}

/// Whether some of these groups, one after the other, are a card's number.
fn are_card(groups: &[String], least: usize) -> bool {
    (0..groups.len()).any(|from| {
        let mut digits = String::new();
        groups.iter().skip(from).any(|group| {
            digits.push_str(group);
            (least..=*CARD.end()).contains(&digits.len()) && is_card(&digits)
        })
    })
}

/// ISO/IEC 7812: first digit of an industry that issues cards, last digit a check by Luhn.
fn is_card(digits: &str) -> bool {
    let sum = digits.bytes().rev().enumerate().fold(0_u32, |sum, (at, byte)| {
        let digit = u32::from(byte.saturating_sub(b'0'));
        let counted = if at % 2 == 1 { digit * 2 } else { digit };
        sum + counted / 10 + counted % 10
    });
    digits.starts_with(['2', '3', '4', '5', '6']) && sum.is_multiple_of(10)
}

fn bears_account(text: &str) -> bool {
    let letters: Vec<char> = text.chars().map(|letter| letter.to_ascii_uppercase()).collect();
    (0..letters.len()).any(|from| {
        let begins =
            from.checked_sub(1).and_then(|at| letters.get(at)).is_none_or(|before| !before.is_alphanumeric());
        begins && letters.get(from..).is_some_and(is_account)
    })
}

/// Whether an account's number stands at the beginning, in groups or not.
fn is_account(letters: &[char]) -> bool {
    let (Some([first, second, third, fourth]), true) = (letters.first_chunk(), letters.len() >= 15) else {
        return false;
    };
    if !(first.is_ascii_uppercase() && second.is_ascii_uppercase()) {
        return false;
    }
    if !(third.is_ascii_digit() && fourth.is_ascii_digit()) {
        return false;
    }
    let country: String = [first, second].into_iter().collect();
    let known = IBANS.split_whitespace().filter_map(|known| known.split_at_checked(2));
    let length =
        known.into_iter().find(|(known, _)| *known == country).and_then(|(_, length)| length.parse().ok());
    let Some(length): Option<usize> = length else { return false };
    let mut digits: Vec<u32> = Vec::with_capacity(length);
    let mut rest = letters.iter().peekable();
    while digits.len() < length {
        match rest.next() {
            Some(letter) if letter.is_ascii_alphanumeric() => digits.extend(letter.to_digit(36)),
            Some(' ' | '-') if rest.peek().is_some_and(|next| next.is_ascii_alphanumeric()) => {}
            Some(_) | None => return false,
        }
    }
    if rest.next().is_some_and(|next| next.is_alphanumeric()) {
        return false;
    }
    // ISO 7064: the first four behind the others, letters as two digits, remainder 1 by 97.
    digits.rotate_left(4);
    digits.iter().fold(0, |sum, digit| (sum * if *digit < 10 { 10 } else { 100 } + digit) % 97) == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers are found in whatever groups they are written, and what only looks like one is let through.
    #[test]
    fn numbers_are_known_by_their_checks() {
        for text in [
            "4111111111111111",
            "paid with 4111 1111 1111 1111, thanks",
            "5500-0000-0000-0004",
            "box 12 378282246310005",
            "3530.1113.3330.0000",
            "DE89370400440532013000",
            "my account: de89 3704 0044 0532 0130 00.",
            "GB82 WEST 1234 5698 7654 32",
            "NO9386011117947",
        ] {
            assert!(bears_number(text), "{text}");
        }
        for text in [
            "",
            "4111111111111112",
            "order 028-1234567-1234560",
            "+49 170 12345672",
            "DE89370400440532013001",
            "XDE89370400440532013000",
            "DE8937040044053201300012",
            "DE12 Main Street, 12345 Berlin, second floor",
            "ATU12345678",
            "00340434161094021234",
            "leave it with the neighbour at number 12",
        ] {
            assert!(!bears_number(text), "{text}");
        }
        assert!(!is_no_phone("+49 170 12345678") && !is_no_phone("4917012345672"));
        assert!(is_no_phone("4111 1111 1111 1111"));
    }
}
