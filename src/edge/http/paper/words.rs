//! What a buyer is told, in the two languages the merchant's buyers read.

use jiff::civil::DateTime;

use crate::domain::order::{Carrier, Commercial, Fulfilment, FulfilmentState, Order};
use crate::domain::routing::Method;

/// A language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::edge::http) enum Words {
    /// English.
    English,
    /// German.
    German,
}

/// Months in English and German.
const MONTHS: [(&str, &str); 12] = [
    ("January", "Januar"),
    ("February", "Februar"),
    ("March", "März"),
    ("April", "April"),
    ("May", "Mai"),
    ("June", "Juni"),
    ("July", "Juli"),
    ("August", "August"),
    ("September", "September"),
    ("October", "Oktober"),
    ("November", "November"),
    ("December", "Dezember"),
];

impl Words {
    /// The tags of the languages there are, the one for everybody else first.
    pub(in crate::edge::http) const TAGS: [&'static str; 2] = ["en", "de"];

    /// The language of a tag.
    pub(in crate::edge::http) fn of(tag: &str) -> Self {
        if tag == "de" { Self::German } else { Self::English }
    }

    /// Its tag.
    pub(in crate::edge::http) const fn tag(self) -> &'static str {
        self.say("en", "de")
    }

    /// The one of two texts that is in this language.
    pub(super) const fn say(self, english: &'static str, german: &'static str) -> &'static str {
        match self {
            Self::English => english,
            Self::German => german,
        }
    }

    /// How an order stands.
    pub(in crate::edge::http) fn order(self, order: &Order) -> &'static str {
        let collected = matches!(order.method, Method::Pickup(_));
        let ready = |part: &Fulfilment| part.state == FulfilmentState::ReadyForPickup;
        match order.state {
            Commercial::Received => {
                self.say("We have received your order.", "Ihre Bestellung ist bei uns eingegangen.")
            }
            Commercial::Held => self.say(
                "Your order waits for something. We are on it.",
                "Ihre Bestellung wartet noch auf etwas. Wir kümmern uns darum.",
            ),
            Commercial::Accepted => self.say("Your order is confirmed.", "Ihre Bestellung ist bestätigt."),
            Commercial::InFulfilment if order.fulfilments.iter().any(ready) => {
                self.say("Your order is ready to be collected.", "Ihre Bestellung liegt zur Abholung bereit.")
            }
            Commercial::InFulfilment => {
                self.say("Your order is being prepared.", "Ihre Bestellung wird vorbereitet.")
            }
            Commercial::PartiallyShipped if collected => self.say(
                "You have collected a part of your order.",
                "Sie haben einen Teil Ihrer Bestellung abgeholt.",
            ),
            Commercial::PartiallyShipped => {
                self.say("A part of your order is on its way.", "Ein Teil Ihrer Bestellung ist unterwegs.")
            }
            Commercial::Shipped => self.say("Your order is on its way.", "Ihre Bestellung ist unterwegs."),
            Commercial::Closed => self.say(
                "Your order is closed; a part of it came back to us.",
                "Ihre Bestellung ist abgeschlossen; ein Teil davon kam zu uns zurück.",
            ),
            Commercial::Delivered if collected => {
                self.say("You have collected your order.", "Sie haben Ihre Bestellung abgeholt.")
            }
            Commercial::Delivered => {
                self.say("Your order has been delivered.", "Ihre Bestellung wurde zugestellt.")
            }
            Commercial::Cancelled => {
                self.say("Your order was cancelled.", "Ihre Bestellung wurde storniert.")
            }
        }
    }

    /// How a parcel stands: a word for programs and the same in words. `None` for one its buyer never sees.
    pub(in crate::edge::http) const fn parcel(
        self,
        part: &Fulfilment,
    ) -> Option<(&'static str, &'static str)> {
        Some(match part.state {
            FulfilmentState::Proposed
            | FulfilmentState::Rejected
            | FulfilmentState::TimedOut
            | FulfilmentState::InTransfer
            | FulfilmentState::Cancelled => return None,
            FulfilmentState::OnHold => ("waiting", self.say("Waiting", "Wartet")),
            FulfilmentState::AwaitingTransfer
            | FulfilmentState::Requested
            | FulfilmentState::Accepted
            | FulfilmentState::Picking
            | FulfilmentState::Picked
            | FulfilmentState::ShortPicked => ("preparing", self.say("Being prepared", "Wird vorbereitet")),
            FulfilmentState::Packed => ("packed", self.say("Packed", "Verpackt")),
            FulfilmentState::ReadyForPickup => {
                ("ready_for_pickup", self.say("Ready to be collected", "Liegt zur Abholung bereit"))
            }
            FulfilmentState::Collected => ("collected", self.say("Collected", "Abgeholt")),
            FulfilmentState::Shipped | FulfilmentState::Delivered => match part.carrier {
                Some(Carrier::ReturnedToSender) => {
                    ("returned_to_sender", self.say("On its way back to us", "Auf dem Weg zurück zu uns"))
                }
                Some(Carrier::Exception) => {
                    ("exception", self.say("Delivery problem", "Problem bei der Zustellung"))
                }
                Some(Carrier::InTransit | Carrier::Delivered) | None => {
                    if matches!(part.state, FulfilmentState::Delivered) {
                        ("delivered", self.say("Delivered", "Zugestellt"))
                    } else {
                        ("in_transit", self.say("On its way", "Unterwegs"))
                    }
                }
            },
        })
    }

    /// What is wrong with a delivery; `None` where nothing is.
    pub(in crate::edge::http) fn problem(self, part: &Fulfilment) -> Option<String> {
        let what = match part.carrier? {
            Carrier::InTransit | Carrier::Delivered => return None,
            Carrier::Exception => {
                self.say("The carrier could not deliver", "Der Paketdienst konnte nicht zustellen")
            }
            Carrier::ReturnedToSender => self.say(
                "The carrier could not deliver and sends the parcel back to us",
                "Der Paketdienst konnte nicht zustellen und schickt das Paket an uns zurück",
            ),
        };
        Some(match &part.trouble {
            Some(why) => format!("{what}: {why}"),
            None => format!("{what}."),
        })
    }

    /// So many units.
    pub(super) fn units(self, units: i64) -> String {
        match self {
            Self::English if units == 1 => "1 item".to_owned(),
            Self::English => format!("{units} items"),
            Self::German => format!("{units} Artikel"),
        }
    }

    /// A day.
    pub(super) fn day(self, at: DateTime) -> String {
        let month = usize::try_from(at.month()).ok().and_then(|month| MONTHS.get(month.checked_sub(1)?));
        let (english, german) = month.copied().unwrap_or_default();
        match self {
            Self::English => format!("{} {english} {}", at.day(), at.year()),
            Self::German => format!("{}. {german} {}", at.day(), at.year()),
        }
    }

    /// A day and a time of day.
    pub(super) fn moment(self, at: DateTime) -> String {
        let clock = self.say("", " Uhr");
        format!("{}, {:02}:{:02}{clock}", self.day(at), at.hour(), at.minute())
    }
}
