//! Where things are: kinds of places, countries, postal codes and points on the globe.

use std::fmt;

use super::ids::InvalidId;
use super::named::named;

named! {
    /// What kind of place holds the stock.
    Kind:
    /// A warehouse of the merchant.
    Warehouse = 1, "warehouse";
    /// A shop people walk into.
    Store = 2, "store";
    /// A warehouse somebody else runs for the merchant.
    ThirdParty = 3, "third_party";
    /// A supplier who ships to the customer.
    Supplier = 4, "supplier";
    /// Stock a marketplace holds.
    Marketplace = 5, "marketplace";
}

/// A country, ISO 3166-1 alpha-2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Country([u8; 2]);

impl Country {
    /// Takes two capital letters.
    ///
    /// # Errors
    /// Says what was found and what would be right.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        match text.as_bytes() {
            [first, second] if first.is_ascii_uppercase() && second.is_ascii_uppercase() => {
                Ok(Self([*first, *second]))
            }
            _ => Err(InvalidId::new("country", text, "two capital letters such as DE")),
        }
    }

    /// The two letters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.0).expect("made of two ASCII letters alone")
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The first two characters of a postal code: all of it that is ever stored outside of a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PostalPrefix([u8; 2]);

impl PostalPrefix {
    /// The prefix of a whole postal code: its first two letters or digits, in capitals. What is neither is passed over,
    /// so that `A-1010` and `a1010` begin alike; a code without any has none.
    #[must_use]
    pub fn of(code: &str) -> Option<Self> {
        let mut kept = code.bytes().filter(u8::is_ascii_alphanumeric).map(|byte| byte.to_ascii_uppercase());
        let first = kept.next()?;
        Some(Self([first, kept.next().unwrap_or(0)]))
    }

    /// The characters, one or two.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let [first, second] = &self.0;
        let kept = if *second == 0 { std::slice::from_ref(first) } else { &self.0 };
        str::from_utf8(kept).expect("made of ASCII letters and digits alone")
    }
}

impl fmt::Display for PostalPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The mean radius of the earth in metres.
const EARTH_M: f64 = 6_371_008.8;
/// Degrees are kept as millionths: a tenth of a metre, in numbers that compare without surprises.
const MICRO: f64 = 1_000_000.0;

/// A point on the globe. A customer's is personal data: it is computed with and never stored or told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Point {
    latitude: i32,
    longitude: i32,
}

impl Point {
    /// From millionths of degrees north and east, within ±90 and ±180 degrees.
    #[must_use]
    pub const fn new(latitude: i32, longitude: i32) -> Option<Self> {
        if latitude.unsigned_abs() <= 90_000_000 && longitude.unsigned_abs() <= 180_000_000 {
            Some(Self { latitude, longitude })
        } else {
            None
        }
    }

    /// From degrees north and east.
    #[must_use]
    pub fn from_degrees(latitude: f64, longitude: f64) -> Option<Self> {
        let inside = (-90.0..=90.0).contains(&latitude) && (-180.0..=180.0).contains(&longitude);
        #[expect(
            clippy::cast_possible_truncation,
            reason = "within 180 million, and no NaN is inside a range"
        )]
        let micro = |degrees: f64| (degrees * MICRO).round() as i32;
        if inside { Self::new(micro(latitude), micro(longitude)) } else { None }
    }

    /// Millionths of degrees north.
    #[must_use]
    pub const fn latitude(self) -> i32 {
        self.latitude
    }

    /// Millionths of degrees east.
    #[must_use]
    pub const fn longitude(self) -> i32 {
        self.longitude
    }

    /// Metres along the earth's surface, by the haversine formula on a sphere (within 0.6 % of the ellipsoid). It is
    /// computed in doubles and rounded to whole metres, so that what is compared are integers; a term that rounding
    /// has pushed above 1 is cut, so that no NaN comes of it.
    #[must_use]
    pub fn metres_to(self, other: Self) -> i64 {
        let radians = |micro: i32| (f64::from(micro) / MICRO).to_radians();
        let (south, north) = (radians(self.latitude), radians(other.latitude));
        let half = |from: f64, to: f64| ((to - from) / 2.0).sin().powi(2);
        let along = half(radians(self.longitude), radians(other.longitude));
        let term = half(south, north) + south.cos() * north.cos() * along;
        #[expect(clippy::cast_possible_truncation, reason = "at most half of the earth's girth, 20 million")]
        let metres = (2.0 * EARTH_M * term.clamp(0.0, 1.0).sqrt().asin()).round() as i64;
        metres
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Countries are two capitals, and of a postal code no more than two characters stay.
    #[test]
    fn countries_and_prefixes_are_cut_to_what_may_be_kept() {
        assert_eq!(Country::parse("DE").unwrap().as_str(), "DE");
        for wrong in ["", "D", "de", "DEU", "Ä"] {
            assert!(Country::parse(wrong).is_err(), "{wrong}");
        }
        let prefix = |code: &str| PostalPrefix::of(code).map(|prefix| prefix.as_str().to_owned());
        assert_eq!(prefix("10115").as_deref(), Some("10"));
        assert_eq!(prefix("sw1a 1aa").as_deref(), Some("SW"));
        assert_eq!(prefix("A-1010"), prefix("a1010"));
        assert_eq!(prefix("7").as_deref(), Some("7"));
        assert_eq!(prefix("10").as_deref(), Some("10"));
        assert_eq!(prefix(" - "), None);
    }

    /// Distances are what the map says, are nothing to oneself, and stay finite at the far side of the globe.
    #[test]
    fn distances_follow_the_globe() {
        let point = |latitude, longitude| Point::from_degrees(latitude, longitude).unwrap();
        let (berlin, wien) = (point(52.5200, 13.4050), point(48.2082, 16.3738));
        assert_eq!(berlin.metres_to(berlin), 0);
        assert_eq!(berlin.metres_to(wien), wien.metres_to(berlin));
        assert!((523_000..525_000).contains(&berlin.metres_to(wien)), "{}", berlin.metres_to(wien));
        assert_eq!(point(0.0, 0.0).metres_to(point(0.0, 180.0)), 20_015_114);
        assert_eq!(point(90.0, 0.0).metres_to(point(-90.0, 77.0)), 20_015_114);
        assert!(point(0.0, 179.9).metres_to(point(0.0, -179.9)) < 23_000);
        assert_eq!(Point::from_degrees(f64::NAN, 0.0), None);
        assert_eq!(Point::from_degrees(0.0, 180.1), None);
        assert_eq!(Point::new(i32::MIN, 0), None);
        assert_eq!(wien.latitude(), 48_208_200);
        assert_eq!(wien.longitude(), 16_373_800);
    }

    /// Names and kinds stand for each other.
    #[test]
    fn kinds_have_names() {
        for kind in Kind::ALL {
            assert_eq!(Kind::named(kind.name()), Some(*kind));
        }
        assert_eq!(Kind::named("shed"), None);
        assert_eq!(Kind::ThirdParty.to_string(), "third_party");
    }
}
