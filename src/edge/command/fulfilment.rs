//! What warehouses, stores and carriers report, as doors bring it.

use std::sync::Arc;

use serde::Serialize;

use super::target::FulfilmentName;
use super::{Asking, Said, Signed};
use crate::actor::fault::Fault;
use crate::domain::desk::command::FulfilStep;
use crate::domain::desk::{Document, Verb};
use crate::domain::ids::LineId;
use crate::domain::order::Order;
use crate::domain::refusal::Refusal;
use crate::edge::fault::Problem;
use crate::edge::wire::order::fulfilment::FulfilmentAnswer;
use crate::edge::wire::order::place::{LineUnits, line_units};
use crate::edge::wire::order::quiet::Opaque;
use crate::edge::wire::order::step::{
    CarrierBody, PackBody, PickBody, RejectBody, ShipFulfilmentBody, ShortPickBody, StepBody, TimedStepBody,
    parcels,
};
use crate::edge::wire::time::Time;

/// What is reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// The warehouse will do it.
    Accept,
    /// It won't.
    Reject,
    /// Picking begins, or is done.
    Pick,
    /// Units could not be picked.
    ShortPick,
    /// It lies in its parcels.
    Pack,
    /// It has left.
    Ship,
    /// It waits for its buyer.
    Ready,
    /// Its buyer took it.
    Collect,
    /// Its buyer never came.
    Uncollected,
    /// It arrived.
    Deliver,
    /// Its carrier told something.
    Carrier,
}

/// A report that was read: the step, the units it is about, when it was made, and its fingerprint.
struct Report {
    step: FulfilStep,
    lines: Option<Vec<(LineId, i64)>>,
    issued_at: Option<Time>,
    fingerprint: u64,
}

/// A fulfilment's order and its number in it, for somebody who may know of it: who works there, or sees the channel's
/// sales.
///
/// # Errors
/// 404 where there is none, also for somebody who may not know.
pub async fn find(asking: &Asking, name: &FulfilmentName) -> Result<(Arc<Order>, u32), Problem> {
    let unknown = || Problem::from(Refusal::UnknownDocument { kind: "fulfilment" });
    let Some((id, 'f', number)) = name.0.part() else { return Err(unknown()) };
    let order = match asking.inside.house.document(&id).await {
        Ok(Document::Order(order)) => order,
        Ok(Document::Return(_) | Document::Transfer(_) | Document::Inbound(_)) => return Err(unknown()),
        Err(Fault::Refused(Refusal::UnknownDocument { .. })) => return Err(unknown()),
        Err(fault) => return Err(fault.into()),
    };
    let part = order.fulfilment(number).ok_or_else(unknown)?;
    let caller = &asking.caller;
    if !(caller.may_fulfil(&part.warehouse) || caller.may_see_sales(&order.channel)) {
        return Err(unknown());
    }
    Ok((order, number))
}

/// Carries a report out, and shows how the fulfilment stands then.
///
/// # Errors
/// What a caller is told.
pub async fn report(
    asking: &Asking,
    signed: Signed,
    name: &FulfilmentName,
    act: Act,
    body: Said<'_>,
) -> Result<FulfilmentAnswer, Problem> {
    let (order, number) = find(asking, name).await?;
    if let Some(part) = order.fulfilment(number) {
        asking.caller.must_fulfil(&part.warehouse)?;
    }
    let told = Reader { asking, target: name.0.as_str(), act }.read(body)?;
    let sender = signed.sender(told.issued_at.map(|time| time.0), told.fingerprint);
    let verb = Verb::Fulfil { order: order.id.clone(), number, lines: told.lines, step: told.step };
    let document = asking.inside.house.desk(&sender, verb).await?;
    let order = document.order().ok_or_else(Problem::bug)?;
    let part = order.fulfilment(number).ok_or_else(Problem::bug)?;
    Ok(FulfilmentAnswer::of(order, part))
}

impl Act {
    /// Its name in paths, and in fingerprints.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Reject => "reject",
            Self::Pick => "pick",
            Self::ShortPick => "short_pick",
            Self::Pack => "pack",
            Self::Ship => "ship_fulfilment",
            Self::Ready => "ready",
            Self::Collect => "collect",
            Self::Uncollected => "uncollected",
            Self::Deliver => "deliver",
            Self::Carrier => "carrier",
        }
    }
}

/// Reads reports about one fulfilment.
struct Reader<'a> {
    asking: &'a Asking,
    target: &'a str,
    act: Act,
}

impl Reader<'_> {
    fn read(&self, body: Said<'_>) -> Result<Report, Problem> {
        match self.act {
            Act::Accept | Act::Ready => {
                let said: StepBody = body.read_or_default()?;
                let step = if self.act == Act::Accept { FulfilStep::Accept } else { FulfilStep::Ready };
                self.report(&said, (said.lines.as_deref(), said.issued_at), step)
            }
            Act::Reject => {
                let said: RejectBody = body.read_or_default()?;
                let reason = said.reason.clone().map(|Opaque(reason)| reason);
                self.report(&said, (said.lines.as_deref(), said.issued_at), FulfilStep::Reject { reason })
            }
            Act::Pick => {
                let said: PickBody = body.read_or_default()?;
                let step = if said.begin { FulfilStep::BeginPick } else { FulfilStep::Pick };
                self.report(&said, (said.lines.as_deref(), said.issued_at), step)
            }
            Act::Collect | Act::Deliver => {
                let said: TimedStepBody = body.read_or_default()?;
                let at = said.at.map(|time| time.0);
                let collected = self.act == Act::Collect;
                let step = if collected { FulfilStep::Collect { at } } else { FulfilStep::Deliver { at } };
                self.report(&said, (said.lines.as_deref(), said.issued_at), step)
            }
            Act::Uncollected => {
                let said: StepBody = body.read_or_default()?;
                self.report(&said, (said.lines.as_deref(), said.issued_at), FulfilStep::Uncollected)
            }
            Act::ShortPick | Act::Pack | Act::Ship | Act::Carrier => self.read_more(body),
        }
    }

    /// Reports that say more than which units.
    fn read_more(&self, body: Said<'_>) -> Result<Report, Problem> {
        match self.act {
            Act::Pack => {
                let said: PackBody = body.read_or_default()?;
                let serials = said.serials.iter().map(|told| {
                    (told.line.0.clone(), told.serials.iter().map(|serial| serial.0.clone()).collect())
                });
                let step = FulfilStep::Pack { parcels: parcels(&said.parcels), serials: serials.collect() };
                self.report(&said, (said.lines.as_deref(), said.issued_at), step)
            }
            Act::Ship => {
                let said: ShipFulfilmentBody = body.read_or_default()?;
                let lines = self.units(said.lines.as_deref())?;
                let (parcels, at) = (parcels(&said.parcels), said.at.map(|time| time.0));
                self.report(&said, (None, said.issued_at), FulfilStep::Ship { lines, parcels, at })
            }
            Act::Carrier => {
                let said: CarrierBody = body.read()?;
                let reason = said.reason.clone().map(|Opaque(reason)| reason);
                let (event, at) = (said.event.0, said.at.map(|time| time.0));
                self.report(&said, (None, said.issued_at), FulfilStep::Carrier { event, reason, at })
            }
            Act::ShortPick
            | Act::Accept
            | Act::Reject
            | Act::Pick
            | Act::Ready
            | Act::Collect
            | Act::Uncollected
            | Act::Deliver => {
                let said: ShortPickBody = body.read()?;
                self.asking.must_fit(said.lines.len())?;
                let (lines, damaged) = (line_units(&said.lines), said.damaged);
                let reason = said.reason.clone().map(|Opaque(reason)| reason);
                self.report(&said, (None, said.issued_at), FulfilStep::ShortPick { lines, damaged, reason })
            }
        }
    }

    fn report<T: Serialize>(
        &self,
        said: &T,
        (lines, issued_at): (Option<&[LineUnits]>, Option<Time>),
        step: FulfilStep,
    ) -> Result<Report, Problem> {
        let fingerprint = self.asking.inside.key.fingerprint(self.act.name(), self.target, said);
        Ok(Report { step, lines: self.units(lines)?, issued_at, fingerprint })
    }

    /// The units a report names.
    fn units(&self, lines: Option<&[LineUnits]>) -> Result<Option<Vec<(LineId, i64)>>, Problem> {
        let Some(lines) = lines else { return Ok(None) };
        self.asking.must_fit(lines.len())?;
        Ok(Some(line_units(lines)))
    }
}
