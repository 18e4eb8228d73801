//! What a request is about: a name that HTTP has in its path, and other doors beside the verb.

use crate::domain::ids::{ChannelId, CommandId, InvalidId, OrderId, OrderNumber, Sku, WarehouseId};
use crate::edge::fault::Problem;
use crate::edge::wire::text::{Name, complaint};

/// A name that requests are about.
pub trait Target: Name {
    /// What it is called, in paths and beside verbs.
    const NAME: &'static str;

    /// What is answered to a text that can be no such name.
    fn impossible(complaint: String) -> Problem {
        Problem::invalid(Self::NAME, complaint)
    }

    /// Reads it.
    ///
    /// # Errors
    /// What [`Target::impossible`] answers.
    fn read(text: &str) -> Result<Self, Problem> {
        Self::parse(text).map_err(|invalid| Self::impossible(complaint(&invalid)))
    }
}

impl Target for Sku {
    const NAME: &'static str = "sku";
}

impl Target for CommandId {
    const NAME: &'static str = "reservation";

    fn impossible(complaint: String) -> Problem {
        Problem::not_found("unknown_reservation", complaint)
    }
}

impl Target for WarehouseId {
    const NAME: &'static str = "warehouse";

    fn impossible(complaint: String) -> Problem {
        Problem::not_found("unknown_warehouse", complaint)
    }
}

impl Target for ChannelId {
    const NAME: &'static str = "channel";

    fn impossible(complaint: String) -> Problem {
        Problem::not_found("unknown_channel", complaint)
    }
}

impl Target for OrderNumber {
    const NAME: &'static str = "order";

    fn impossible(complaint: String) -> Problem {
        Problem::not_found("unknown_order", complaint)
    }
}

/// Documents that are named by their own ids.
macro_rules! documents {
    ($($(#[$doc:meta])* $kind:ident, $name:literal, $unknown:literal;)*) => {
        $($(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct $kind(pub OrderId);

        impl Name for $kind {
            fn parse(text: &str) -> Result<Self, InvalidId> {
                OrderId::parse(text).map(Self)
            }

            fn text(&self) -> &str {
                self.0.as_str()
            }
        }

        impl Target for $kind {
            const NAME: &'static str = $name;

            fn impossible(complaint: String) -> Problem {
                Problem::not_found($unknown, complaint)
            }
        })*
    };
}

documents! {
    /// A fulfilment.
    FulfilmentName, "fulfilment", "unknown_fulfilment";
    /// A return.
    ReturnName, "return", "unknown_return";
    /// A transfer.
    TransferName, "transfer", "unknown_transfer";
    /// A receipt.
    InboundName, "inbound", "unknown_inbound";
}
