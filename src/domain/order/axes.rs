//! The three axes of an order's state, one table of legal moves each.
//!
//! The commercial axis follows from the lines and fulfilments ([`super::Order::settled_state`]); the table says which
//! moves may ever be seen. The fulfilment axis moves by steps that warehouses report. The carrier axis moves by events
//! of carriers, which come late, twice and in any order.

use crate::domain::named::named;

named! {
    /// What the buyer and the books see.
    Commercial:
    /// Taken in; no place found yet.
    Received = 0, "received";
    /// Waits for somebody or something.
    Held = 1, "held";
    /// Every line has its place, or waits for goods.
    Accepted = 2, "accepted";
    /// A warehouse works on it.
    InFulfilment = 3, "in_fulfilment";
    /// A part has left.
    PartiallyShipped = 4, "partially_shipped";
    /// All that was not cancelled has left.
    Shipped = 5, "shipped";
    /// All that left has arrived.
    Delivered = 6, "delivered";
    /// Nothing is open any more, and a part of what left came back to its sender.
    Closed = 7, "closed";
    /// Nothing will be delivered.
    Cancelled = 8, "cancelled";
}

impl Commercial {
    /// Whether the axis may go from here to `next`.
    #[must_use]
    pub const fn may_become(self, next: Self) -> bool {
        use Commercial::{
            Accepted, Cancelled, Closed, Delivered, Held, InFulfilment, PartiallyShipped, Received, Shipped,
        };
        match self {
            Received => !matches!(next, Received | Closed),
            Held => !matches!(next, Held),
            // A rejected or re-routed order may wait for its place again.
            Accepted => !matches!(next, Accepted | Closed),
            InFulfilment => !matches!(next, InFulfilment | Closed),
            // An amendment may add lines to what has left already; what has left never comes back on this axis.
            PartiallyShipped => matches!(next, Held | Shipped | Delivered | Closed),
            Shipped => matches!(next, Held | PartiallyShipped | Delivered | Closed),
            Delivered => matches!(next, Held | PartiallyShipped | Shipped | Closed),
            // A payment that comes after all may bring back what was cancelled for want of it.
            Cancelled => matches!(next, Received | Held | Accepted),
            Closed => matches!(next, Held | PartiallyShipped),
        }
    }

    /// Whether nothing is left to do for warehouses.
    #[must_use]
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Delivered | Self::Closed | Self::Cancelled)
    }
}

named! {
    /// Where a warehouse stands with its part of an order.
    Work:
    /// Planned; the stock is being claimed.
    Proposed = 0, "proposed";
    /// The warehouse was asked.
    Requested = 1, "requested";
    /// It will do it.
    Accepted = 2, "accepted";
    /// It won't.
    Rejected = 3, "rejected";
    /// It never answered.
    TimedOut = 4, "timed_out";
    /// Somebody walks the shelves.
    Picking = 5, "picking";
    /// All of it is picked.
    Picked = 6, "picked";
    /// What could be found is picked; the rest went elsewhere.
    ShortPicked = 7, "short_picked";
    /// It lies in its parcels.
    Packed = 8, "packed";
    /// It has left.
    Shipped = 9, "shipped";
    /// It waits for its buyer.
    ReadyForPickup = 10, "ready_for_pickup";
    /// It has arrived.
    Delivered = 11, "delivered";
    /// Its buyer has it.
    Collected = 12, "collected";
    /// Nobody shall work on it for now.
    OnHold = 13, "on_hold";
    /// Nobody shall work on it any more.
    Cancelled = 14, "cancelled";
    /// Promised, and to go along with a transfer to the warehouse that will ship it.
    AwaitingTransfer = 15, "awaiting_transfer";
    /// On the road to the warehouse that will ship it.
    InTransfer = 16, "in_transfer";
}

named! {
    /// What moves a fulfilment.
    Step:
    /// Its stock was allocated and the warehouse is asked.
    Request = 0, "request";
    /// The warehouse will do it.
    Accept = 1, "accept";
    /// The warehouse won't.
    Reject = 2, "reject";
    /// The warehouse did not answer in time.
    TimeOut = 3, "time_out";
    /// Picking begins.
    BeginPick = 4, "begin_pick";
    /// Picking is done.
    Pick = 5, "pick";
    /// A part could not be picked.
    ShortPick = 6, "short_pick";
    /// It was packed.
    Pack = 7, "pack";
    /// It has left.
    Ship = 8, "ship";
    /// It waits for its buyer.
    Ready = 9, "ready";
    /// Its buyer took it.
    Collect = 10, "collect";
    /// It arrived.
    Deliver = 11, "deliver";
    /// Nobody shall work on it for now.
    Hold = 12, "hold";
    /// Work goes on; the state becomes the one it was held in.
    Resume = 13, "resume";
    /// It is given up.
    Cancel = 14, "cancel";
    /// It goes along with a transfer.
    Join = 15, "join_transfer";
    /// It goes along no more; the state becomes the one it had before.
    Leave = 16, "leave_transfer";
    /// The transfer took it along.
    Depart = 17, "depart";
    /// The transfer brought it, and the warehouse there is asked.
    Arrive = 18, "arrive";
}

impl Work {
    /// Where a step leads from here; `None` where it is not legal. A warehouse that reports only a later step has done
    /// the ones before it. `Resume` leads to `held_in`.
    #[must_use]
    pub const fn after(self, step: Step, held_in: Self) -> Option<Self> {
        let open = self.is_open();
        match step {
            Step::Request if matches!(self, Self::Proposed) => Some(Self::Requested),
            Step::Accept if matches!(self, Self::Requested) => Some(Self::Accepted),
            Step::Reject if matches!(self, Self::Requested | Self::Accepted | Self::Picking) => {
                Some(Self::Rejected)
            }
            Step::TimeOut if matches!(self, Self::Requested) => Some(Self::TimedOut),
            Step::BeginPick if matches!(self, Self::Requested | Self::Accepted) => Some(Self::Picking),
            Step::Pick if matches!(self, Self::Requested | Self::Accepted | Self::Picking) => {
                Some(Self::Picked)
            }
            Step::ShortPick
                if matches!(
                    self,
                    Self::Requested | Self::Accepted | Self::Picking | Self::Picked | Self::ShortPicked
                ) =>
            {
                Some(Self::ShortPicked)
            }
            Step::Pack if open && !matches!(self, Self::Packed | Self::ReadyForPickup) => Some(Self::Packed),
            Step::Ship if open && !matches!(self, Self::ReadyForPickup) => Some(Self::Shipped),
            Step::Ready if open && !matches!(self, Self::ReadyForPickup) => Some(Self::ReadyForPickup),
            Step::Collect if open => Some(Self::Collected),
            Step::Deliver if matches!(self, Self::Shipped) => Some(Self::Delivered),
            Step::Hold if open && !matches!(self, Self::ReadyForPickup) => Some(Self::OnHold),
            Step::Resume if matches!(self, Self::OnHold) => Some(held_in),
            Step::Cancel
                if open
                    || matches!(
                        self,
                        Self::Proposed | Self::OnHold | Self::AwaitingTransfer | Self::InTransfer
                    ) =>
            {
                Some(Self::Cancelled)
            }
            Step::Join if self.is_unbegun() || (matches!(self, Self::OnHold) && held_in.is_unbegun()) => {
                Some(Self::AwaitingTransfer)
            }
            Step::Leave if matches!(self, Self::AwaitingTransfer) => Some(held_in),
            Step::Depart if matches!(self, Self::AwaitingTransfer) => Some(Self::InTransfer),
            Step::Arrive if matches!(self, Self::InTransfer) => Some(Self::Requested),
            Step::Request
            | Step::Accept
            | Step::Reject
            | Step::TimeOut
            | Step::BeginPick
            | Step::Pick
            | Step::ShortPick
            | Step::Pack
            | Step::Ship
            | Step::Ready
            | Step::Collect
            | Step::Deliver
            | Step::Hold
            | Step::Resume
            | Step::Cancel
            | Step::Join
            | Step::Leave
            | Step::Depart
            | Step::Arrive => None,
        }
    }

    /// Whether a warehouse can work on it: asked and not yet gone.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(
            self,
            Self::Requested
                | Self::Accepted
                | Self::Picking
                | Self::Picked
                | Self::ShortPicked
                | Self::Packed
                | Self::ReadyForPickup
        )
    }

    /// Whether nobody has begun to pick it.
    #[must_use]
    pub const fn is_unbegun(self) -> bool {
        matches!(self, Self::Requested | Self::Accepted)
    }

    /// Whether its units count as allocated.
    #[must_use]
    pub const fn is_allocated(self) -> bool {
        self.is_open() || matches!(self, Self::OnHold | Self::AwaitingTransfer)
    }

    /// Whether its units have left.
    #[must_use]
    pub const fn has_left(self) -> bool {
        matches!(self, Self::Shipped | Self::Delivered | Self::Collected)
    }

    /// Whether quantities may still be taken out without opening parcels.
    #[must_use]
    pub const fn is_before_packing(self) -> bool {
        matches!(
            self,
            Self::Requested
                | Self::Accepted
                | Self::Picking
                | Self::Picked
                | Self::ShortPicked
                | Self::OnHold
        )
    }
}

named! {
    /// Where a carrier says a shipment is.
    Carrier:
    /// On its way.
    InTransit = 0, "in_transit";
    /// Something is wrong with the delivery.
    Exception = 1, "exception";
    /// It arrived.
    Delivered = 2, "delivered";
    /// It comes back.
    ReturnedToSender = 3, "returned_to_sender";
}

impl Carrier {
    /// Whether an event may replace this one. What arrived, or came back, stays so: an older event told late changes
    /// nothing.
    #[must_use]
    pub const fn may_become(self, next: Self) -> bool {
        match self {
            Self::InTransit => !matches!(next, Self::InTransit),
            Self::Exception => !matches!(next, Self::Exception),
            Self::Delivered => matches!(next, Self::ReturnedToSender),
            Self::ReturnedToSender => false,
        }
    }
}
