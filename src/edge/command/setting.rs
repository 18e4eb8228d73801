//! What the merchant sets: policies and item cards.

use super::batch::carry_out;
use super::{Asking, Said, Signed};
use crate::domain::ids::{ChannelId, Sku, WarehouseId};
use crate::domain::item::SetItem;
use crate::edge::fault::Problem;
use crate::edge::wire::batch::LinesBody;
use crate::edge::wire::item::{ItemAnswer, ItemBody};
use crate::edge::wire::policy::{ChannelPolicyLine, StockPolicyLine};
use crate::edge::wire::text::Text;
use crate::edge::wire::verdict::{Verdict, Verdicts};

/// Sets safety stock and fences per SKU, each line by itself.
///
/// # Errors
/// What a caller is told.
pub async fn stock_policies(
    asking: &Asking,
    signed: Signed,
    warehouse: &WarehouseId,
    body: Said<'_>,
) -> Result<Verdicts, Problem> {
    asking.caller.must_keep(warehouse)?;
    let inside = &asking.inside;
    inside.house.warehouse(warehouse)?;
    let said: LinesBody<'_> = body.read()?;
    asking.must_fit(said.lines.len())?;
    let issued_at = said.issued_at.map(|time| time.0);
    let signed = &signed;
    let verdicts = carry_out(&said.lines, |index, line: StockPolicyLine| async move {
        let fingerprint = inside.key.fingerprint("set_stock_policy", warehouse.as_str(), &line);
        let sku = line.sku.0.as_str().to_owned();
        let sender = signed.line(index, issued_at, fingerprint);
        inside.house.set_stock_policy(&sender, warehouse, line.into()).await?;
        Ok(Verdict::applied(Some(sku)))
    });
    verdicts.await
}

/// Sets buffer, cap and the threshold of `low` per SKU, each line by itself.
///
/// # Errors
/// What a caller is told.
pub async fn channel_policies(
    asking: &Asking,
    signed: Signed,
    channel: &ChannelId,
    body: Said<'_>,
) -> Result<Verdicts, Problem> {
    asking.caller.must_administer()?;
    let inside = &asking.inside;
    inside.house.channel(channel)?;
    let said: LinesBody<'_> = body.read()?;
    asking.must_fit(said.lines.len())?;
    let issued_at = said.issued_at.map(|time| time.0);
    let signed = &signed;
    let verdicts = carry_out(&said.lines, |index, line: ChannelPolicyLine| async move {
        let fingerprint = inside.key.fingerprint("set_channel_policy", channel.as_str(), &line);
        let sku = line.sku.0.as_str().to_owned();
        let sender = signed.line(index, issued_at, fingerprint);
        inside.house.set_channel_policy(&sender, channel, line.into()).await?;
        Ok(Verdict::applied(Some(sku)))
    });
    verdicts.await
}

/// Sets a SKU's item card, replacing the one before.
///
/// # Errors
/// What a caller is told.
pub async fn item(asking: &Asking, signed: Signed, sku: &Sku, body: Said<'_>) -> Result<ItemAnswer, Problem> {
    asking.caller.must_keep_some()?;
    let said: ItemBody = body.read()?;
    let fingerprint = asking.inside.key.fingerprint("set_item", sku.as_str(), &said);
    let issued_at = said.issued_at.map(|time| time.0);
    let wrong =
        |(field, detail): (String, String)| Problem::invalid(field.clone(), format!("{field}: {detail}"));
    let item = said.item().map_err(wrong)?;
    let sender = signed.sender(issued_at, fingerprint);
    asking.inside.house.set_item(&sender, SetItem { sku: sku.clone(), item: item.clone() }).await?;
    Ok(ItemAnswer { sku: Text(sku.clone()), item: item.into() })
}
