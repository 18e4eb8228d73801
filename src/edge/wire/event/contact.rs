//! The part of three documents that is about a person.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::edge::wire::order::contact::AddressBody;

/// Somebody's name and address, as they were handed in.
#[derive(Clone, Serialize, ToSchema)]
pub struct Whom {
    /// The name and the address; `null` where they were erased, or never given.
    #[schema(value_type = Option<AddressBody>)]
    pub contact: Option<Box<RawValue>>,
    /// `true` where there is none any more, or never was.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub erased: bool,
}

/// How a buyer is reached.
#[derive(Clone, Serialize, ToSchema)]
pub struct Reader {
    /// `null` where it was erased, or never given.
    pub contact: Option<Reached>,
    /// `true` where there is none any more, or never was.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub erased: bool,
    /// The path under which the buyer follows the order; whoever has it sees how the order stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tracking: Option<String>,
}

/// How to reach somebody, and no more: who writes to buyers needs no street.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Reached {
    /// The person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The company.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company: Option<String>,
    /// An e-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// A telephone number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// The country, which tells the language at times.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
}

/// A contact record as it is kept.
#[derive(Default, Deserialize)]
struct Kept {
    #[serde(default)]
    ship_to: Option<Box<RawValue>>,
    #[serde(default)]
    bill_to: Option<Box<RawValue>>,
    #[serde(default)]
    tracking_token: Option<String>,
}

macro_rules! prints_nothing {
    ($($kind:ident),*) => {
        $(impl fmt::Debug for $kind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("(private)")
            }
        })*
    };
}

prints_nothing!(Whom, Reader, Reached);

impl Whom {
    /// Who gets the goods, from the bytes of an order's contact record.
    #[must_use]
    pub fn ship_to(record: Option<&[u8]>) -> Self {
        Self::from(kept(record).ship_to)
    }

    /// Who pays, or gets the goods where nobody else was named.
    #[must_use]
    pub fn bill_to(record: Option<&[u8]>) -> Self {
        let Kept { ship_to, bill_to, .. } = kept(record);
        Self::from(bill_to.or(ship_to))
    }
}

impl From<Option<Box<RawValue>>> for Whom {
    fn from(contact: Option<Box<RawValue>>) -> Self {
        Self { erased: contact.is_none(), contact }
    }
}

impl Reader {
    /// How the buyer of an order is reached: where the goods go, else who pays. `path` makes a path of a token.
    #[must_use]
    pub fn of(record: Option<&[u8]>, path: impl Fn(&str) -> String) -> Self {
        let Kept { ship_to, bill_to, tracking_token } = kept(record);
        let reached = |part: &Option<Box<RawValue>>| {
            let part = part.as_ref()?;
            serde_json::from_str::<Reached>(part.get()).ok()
        };
        let (gets, pays) = (reached(&ship_to), reached(&bill_to));
        // An address without a way to write to it is of no use where the other has one.
        let writable = |who: &&Reached| who.email.is_some() || who.phone.is_some();
        let best = gets.iter().chain(&pays).find(writable).or(gets.as_ref()).or(pays.as_ref()).cloned();
        Self { erased: best.is_none(), contact: best, tracking: tracking_token.as_deref().map(path) }
    }
}

fn kept(record: Option<&[u8]>) -> Kept {
    // Written by this house; what can't be read is told as not there.
    record.and_then(|bytes| serde_json::from_slice(bytes).ok()).unwrap_or_default()
}
