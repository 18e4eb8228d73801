//! What a channel's connector managed to publish, and what it has to publish next.

use super::batch::{Unapplied, carry_out_named};
use super::{Asking, Said, Signed};
use crate::domain::ids::ChannelId;
use crate::edge::fault::Problem;
use crate::edge::wire::acknowledge::{AcknowledgedItem, ItemsBody, WorkAnswer, WorkBody};
use crate::edge::wire::verdict::{Verdict, Verdicts};

/// SKUs of an answer about work where nothing is said.
const SKUS: u64 = 100;
/// SKUs of an answer about work at most: as many as may be confirmed in one request.
pub const SKUS_MAX: u64 = 10_000;

/// How far a time may lie ahead of our clock, in milliseconds: as far as that of a command's id.
const AHEAD_MAX_MS: i64 = crate::domain::memory::AHEAD_MAX_MS;

/// Takes in what a channel shows, each item by itself.
///
/// # Errors
/// What a caller is told.
pub async fn acknowledge(
    asking: &Asking,
    signed: Signed,
    channel: &ChannelId,
    body: Said<'_>,
) -> Result<Verdicts, Problem> {
    asking.caller.must_sell(channel)?;
    let inside = &asking.inside;
    inside.house.channel(channel)?;
    let said: ItemsBody<'_> = body.read()?;
    asking.must_fit_named("items", said.items.len())?;
    let issued_at = said.issued_at.map(|time| time.0);
    let signed = &signed;
    let verdicts = carry_out_named("items", &said.items, |index, item: AcknowledgedItem| async move {
        let fingerprint = inside.key.fingerprint("acknowledge", channel.as_str(), &item);
        let now = inside.house.now();
        if item.at.is_some_and(|at| at.0 > now.plus(AHEAD_MAX_MS)) {
            let right = "lies ahead of our clock; when it was published, or nothing, is right";
            return Err(Unapplied::Invalid("at", right.to_owned()));
        }
        let sku = item.sku.0.as_str().to_owned();
        let sender = signed.line(index, issued_at, fingerprint);
        let shown = (item.sku.0, item.available.0);
        inside.house.acknowledge(&sender, channel, shown, item.at.map(|at| at.0)).await?;
        Ok(Verdict::applied(Some(sku)))
    });
    verdicts.await
}

/// What a channel has to publish next: the newest figure of each SKU of which it shows another, sold out first, within its
/// quota. Changes nothing, so that it is answered anew whenever it is asked, whatever its id.
///
/// # Errors
/// What a caller is told.
pub async fn work(asking: &Asking, channel: &ChannelId, limit: Option<u64>) -> Result<WorkAnswer, Problem> {
    asking.caller.must_sell(channel)?;
    let limit = limit.unwrap_or(SKUS);
    if !(1..=SKUS_MAX).contains(&limit) {
        let detail = format!("limit: found {limit}; a whole number from 1 to {SKUS_MAX} is right");
        return Err(Problem::invalid("limit", detail));
    }
    let house = &asking.inside.house;
    let work = house.work(channel, usize::try_from(limit).unwrap_or(usize::MAX)).await?;
    Ok(WorkAnswer::of(channel.clone(), work, house.now()))
}

/// The same, asked in a message.
///
/// # Errors
/// What a caller is told.
pub(super) async fn asked(
    asking: &Asking,
    channel: &ChannelId,
    body: Said<'_>,
) -> Result<WorkAnswer, Problem> {
    asking.caller.must_sell(channel)?;
    let said: WorkBody = body.read()?;
    work(asking, channel, said.limit).await
}
