//! What a channel's connector managed to publish.

use super::batch::{Unapplied, carry_out_named};
use super::{Asking, Said, Signed};
use crate::domain::ids::ChannelId;
use crate::edge::fault::Problem;
use crate::edge::wire::acknowledge::{AcknowledgedItem, ItemsBody};
use crate::edge::wire::verdict::{Verdict, Verdicts};

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
