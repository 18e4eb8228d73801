//! What a channel shows.

/// Units a channel may show: `max(0, min(cap, max(0, sellable − buffer) + min(0, sellable) + room))`.
///
/// `sellable` is the sum over the channel's warehouses of what is free for it, less their deficits; `room` is what may
/// still be sold without goods.
#[must_use]
pub fn available(sellable: i64, buffer: i64, cap: Option<i64>, room: i64) -> i64 {
    let above = sellable.saturating_sub(buffer).max(0);
    let below = sellable.min(0);
    let figure = above.saturating_add(below).saturating_add(room);
    cap.map_or(figure, |cap| figure.min(cap)).max(0)
}

/// How a figure looks to a buyer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StockState {
    /// More than a few.
    InStock,
    /// A few.
    Low,
    /// None.
    SoldOut,
    /// None in stock, but it may be ordered.
    Backorder,
    /// Not released yet, but it may be ordered.
    Preorder,
}

impl StockState {
    /// The state of a figure, where up to `low_at` units count as few.
    #[must_use]
    pub const fn of(available: i64, low_at: i64) -> Self {
        if available <= 0 {
            Self::SoldOut
        } else if available <= low_at {
            Self::Low
        } else {
            Self::InStock
        }
    }

    /// The state where `stock` units are shown from stock and `available` with what may be sold beyond it.
    #[must_use]
    pub const fn beyond(stock: i64, available: i64, low_at: i64, preorder: bool) -> Self {
        if available > 0 && preorder {
            Self::Preorder
        } else if available > 0 && stock <= 0 {
            Self::Backorder
        } else {
            Self::of(stock, low_at)
        }
    }

    /// Whether there is any in stock.
    #[must_use]
    pub const fn is_in_stock(self) -> bool {
        matches!(self, Self::InStock | Self::Low)
    }

    /// The name programs see.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::InStock => "in_stock",
            Self::Low => "low",
            Self::SoldOut => "sold_out",
            Self::Backorder => "backorder",
            Self::Preorder => "preorder",
        }
    }

    /// The one of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let all = [Self::InStock, Self::Low, Self::SoldOut, Self::Backorder, Self::Preorder];
        all.into_iter().find(|state| state.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Buffer and cap shape what is shown; a deficit takes from the room, never below zero.
    #[test]
    fn available_follows_the_table() {
        for (sellable, buffer, room, expected) in [(3, 2, 4, 5), (1, 5, 4, 4), (-3, 0, 5, 2), (0, 2, 0, 0)] {
            assert_eq!(available(sellable, buffer, None, room), expected, "{sellable}/{buffer}/{room}");
        }
        assert_eq!(available(100, 0, Some(7), 0), 7);
        assert_eq!(available(i64::MAX, i64::MIN, None, i64::MAX), i64::MAX);
        assert_eq!(available(5, 0, Some(-1), 0), 0);
    }

    /// Stock decides how a figure looks; only without any does what may be sold beyond it, and a pre-order stays one.
    #[test]
    fn states_follow_the_table() {
        for (stock, available, preorder, expected) in [
            (9, 9, false, StockState::InStock),
            (2, 52, false, StockState::Low),
            (0, 50, false, StockState::Backorder),
            (0, 0, false, StockState::SoldOut),
            (0, 50, true, StockState::Preorder),
            (9, 59, true, StockState::Preorder),
            (0, 0, true, StockState::SoldOut),
        ] {
            let found = StockState::beyond(stock, available, 3, preorder);
            assert_eq!(found, expected, "{stock}/{available}/{preorder}");
        }
    }
}
