//! The part of an order that is about a person.

use std::fmt;

use serde::de::{self, Deserializer};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::Wrong;
use super::quiet::{Phone, Private};
use crate::domain::order::Destination;
use crate::domain::place::{Country, Point, PostalPrefix};

/// Parts of a request that are about a person: what is wrong in them is told without what was sent.
pub const PRIVATE: [&str; 2] = ["ship_to", "bill_to"];

/// Bytes of one line of an address.
const LINE: usize = 200;
/// Bytes of a note.
const NOTE: usize = 1_000;

/// An address. All of it but the country and the first two characters of the postal code is kept in the order's contact
/// record alone, and erased with it.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AddressBody {
    /// The country, ISO 3166-1 alpha-2.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "DE")]
    pub country: Option<CountryCode>,
    /// The postal code.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, max_length = 16, example = "10115")]
    pub postal_code: Option<Private<16>>,
    /// The person.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, max_length = 200)]
    pub name: Option<Private<LINE>>,
    /// The company.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, max_length = 200)]
    pub company: Option<Private<LINE>>,
    /// The street and the number.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, max_length = 200)]
    pub street: Option<Private<LINE>>,
    /// A second line: a floor, a parcel locker.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, max_length = 200)]
    pub street2: Option<Private<LINE>>,
    /// The city.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, max_length = 200)]
    pub city: Option<Private<LINE>>,
    /// The state or region.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, max_length = 200)]
    pub region: Option<Private<LINE>>,
    /// An e-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, max_length = 320)]
    pub email: Option<Private<320>>,
    /// A telephone number.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, max_length = 40)]
    pub phone: Option<Phone<40>>,
    /// A number for value added tax.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, max_length = 40)]
    pub vat_id: Option<Private<40>>,
    /// What the carrier should know.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, max_length = 1000)]
    pub note: Option<Private<NOTE>>,
    /// Degrees north; routing by distance computes with it, nothing tells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<f64>, minimum = -90, maximum = 90)]
    pub latitude: Option<Degrees>,
    /// Degrees east.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<f64>, minimum = -180, maximum = 180)]
    pub longitude: Option<Degrees>,
}

impl fmt::Debug for AddressBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AddressBody(private)")
    }
}

/// A country as the wire carries it.
#[derive(Clone, PartialEq, Eq)]
pub struct CountryCode(pub Country);

/// A latitude or a longitude.
#[derive(Clone, Copy, PartialEq)]
pub struct Degrees(f64);

macro_rules! prints_nothing {
    ($($kind:ident),*) => {
        $(impl fmt::Debug for $kind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("(private)")
            }
        })*
    };
}

prints_nothing!(CountryCode, Degrees);

impl Serialize for CountryCode {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.as_str())
    }
}

impl Serialize for Degrees {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.0)
    }
}

/// What was found is not said: it may be anything, in a request whose fields are mixed up.
fn said<E: de::Error>(expected: &str) -> E {
    E::custom(format_args!("invalid value, expected {expected}"))
}

impl<'de> Deserialize<'de> for CountryCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Private::<64>::deserialize(deserializer)?;
        let country = Country::parse(text.as_str());
        country.map(Self).map_err(|invalid| said(invalid.rule))
    }
}

impl<'de> Deserialize<'de> for Degrees {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        f64::deserialize(deserializer).map(Self).map_err(|_| said("a number of degrees"))
    }
}

impl AddressBody {
    /// Whether it says more than a country.
    fn is_personal(&self) -> bool {
        *self != Self { country: self.country.clone(), ..Self::default() }
    }

    /// What may be known of it outside of the contact.
    #[must_use]
    pub fn destination(&self) -> Destination {
        Destination {
            country: self.country.as_ref().map(|code| code.0),
            postal: self.postal_code.as_ref().and_then(|code| PostalPrefix::of(code.as_str())),
        }
    }

    /// Where it lies.
    ///
    /// # Errors
    /// A point that is none, or half of one.
    pub fn point(&self, path: &str) -> Result<Option<Point>, Wrong> {
        let wrong =
            || Wrong::new(path, format!("{path}: latitude and longitude go together, within 90 and 180"));
        match (self.latitude, self.longitude) {
            (None, None) => Ok(None),
            (Some(north), Some(east)) => Point::from_degrees(north.0, east.0).map(Some).ok_or_else(wrong),
            (Some(_), None) | (None, Some(_)) => Err(wrong()),
        }
    }
}

/// An order's contact record, version 1, as its bytes.
#[derive(Serialize)]
struct Record<'a> {
    v: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    ship_to: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bill_to: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tracking_token: Option<&'a str>,
}

/// A record as it was kept.
#[derive(Deserialize)]
struct Kept {
    #[serde(default)]
    ship_to: Option<Box<RawValue>>,
    #[serde(default)]
    bill_to: Option<Box<RawValue>>,
}

/// The bytes of a contact record. What is not said stays as `before` has it; `None` where nothing is said or kept that is
/// about a person.
#[must_use]
pub fn record(
    ship_to: Option<&AddressBody>,
    bill_to: Option<&AddressBody>,
    before: Option<&[u8]>,
    token: Option<&str>,
) -> Option<Vec<u8>> {
    let kept = before.and_then(|bytes| serde_json::from_slice::<Kept>(bytes).ok());
    let kept = kept.unwrap_or(Kept { ship_to: None, bill_to: None });
    let personal = |said: Option<&AddressBody>| said.is_some_and(AddressBody::is_personal);
    let anything = kept.ship_to.is_some() || kept.bill_to.is_some();
    if !(anything || personal(ship_to) || personal(bill_to)) {
        return None;
    }
    let raw = |said: &AddressBody| serde_json::value::to_raw_value(said).ok();
    let record = Record {
        v: 1,
        ship_to: ship_to.and_then(raw).or(kept.ship_to),
        bill_to: bill_to.and_then(raw).or(kept.bill_to),
        tracking_token: token,
    };
    serde_json::to_vec(&record).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> AddressBody {
        serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}"))
    }

    /// A contact prints nothing, and what is known of it elsewhere is a country and two characters.
    #[test]
    fn a_contact_tells_nothing() {
        let text = r#"{"country":"DE","postal_code":"10115","name":"Canary Müller","phone":"+49 30 901820",
            "email":"canary@example.com","latitude":52.53,"longitude":13.38}"#;
        let address = read(text);
        assert_eq!(
            format!("{address:?} {:?} {:?}", address.phone, address.latitude).matches("Canary").count(),
            0
        );
        assert!(!format!("{:?}", address.name).contains("Canary"));
        let destination = address.destination();
        assert_eq!(destination.country.map(|country| country.to_string()), Some("DE".to_owned()));
        assert_eq!(destination.postal.map(|postal| postal.to_string()), Some("10".to_owned()));
        assert!(address.point("ship_to").unwrap().is_some());
        let half = read(r#"{"latitude":52.53}"#).point("ship_to");
        assert_eq!(half.unwrap_err().path, "ship_to");
        for wrong in [
            r#"{"country":"canary"}"#,
            r#"{"phone":4917012345678}"#,
            r#"{"phone":"4111 1111 1111 1111"}"#,
            r#"{"latitude":"canary"}"#,
            r#"{"note":"pay from DE89 3704 0044 0532 0130 00"}"#,
        ] {
            let said = serde_json::from_str::<AddressBody>(wrong).unwrap_err().to_string();
            assert!(!said.contains("canary") && !said.contains("4111") && !said.contains("DE89"), "{said}");
        }
    }

    /// The record holds what was said; a country alone needs none; what is not said again stays.
    #[test]
    fn the_record_keeps_what_is_not_said_again() {
        assert_eq!(record(Some(&read(r#"{"country":"DE"}"#)), None, None, Some("t")), None);
        assert_eq!(record(None, None, None, Some("t")), None);
        let bill = read(r#"{"company":"Canary GmbH"}"#);
        let first =
            record(Some(&read(r#"{"country":"DE","name":"A"}"#)), Some(&bill), None, Some("t")).unwrap();
        let text = r#"{"v":1,"ship_to":{"country":"DE","name":"A"},"bill_to":{"company":"Canary GmbH"},"tracking_token":"t"}"#;
        assert_eq!(str::from_utf8(&first).unwrap(), text);
        let moved = record(Some(&read(r#"{"country":"AT","name":"A"}"#)), None, Some(&first), None).unwrap();
        let text = r#"{"v":1,"ship_to":{"country":"AT","name":"A"},"bill_to":{"company":"Canary GmbH"}}"#;
        assert_eq!(str::from_utf8(&moved).unwrap(), text);
        let torn = record(Some(&bill), None, Some(b"{\"v\":1,"), None).unwrap();
        assert_eq!(str::from_utf8(&torn).unwrap(), r#"{"v":1,"ship_to":{"company":"Canary GmbH"}}"#);
    }
}
