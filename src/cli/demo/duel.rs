//! The last unit, and two hundred people who want it at the same moment.

use std::sync::Arc;

use tokio::sync::Barrier;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::hour::{Hour, command_id};
use super::merchant::{LIMITED_SKU, LIMITED_WAREHOUSE};
use crate::cli::Failure;
use crate::client::{
    Address, CartLine, Client, ClientError, HeldLine, Movement, NewOrder, NewOrderLine, NewReservation,
    Payment,
};

/// People who want it.
const ASKING: usize = 200;

/// Channels that draw on the warehouse where it lies.
const CHANNELS: [&str; 4] = ["shop", "ebay", "amazon", "instagram"];

/// Puts one unit on the shelf, lets everybody ask at once, lets the winner order it; tells how it went.
///
/// # Errors
/// A client task failed, which is a bug.
pub(super) async fn duel(hour: &Arc<Hour>) -> Result<String, Failure> {
    let mut staff = hour.client();
    hour.ledger.lock().await.cell(LIMITED_WAREHOUSE, LIMITED_SKU).received += 1;
    let movement =
        Movement { sku: LIMITED_SKU.into(), kind: "receive".into(), quantity: 1, ..Movement::default() };
    if !hour.book(&mut staff, LIMITED_WAREHOUSE, movement).await {
        return Ok("duel: the poster could not be received".to_owned());
    }
    let start = Arc::new(Barrier::new(ASKING));
    let mut asking = JoinSet::new();
    for (number, channel) in (0..ASKING).zip(CHANNELS.into_iter().cycle()) {
        let mut client = hour.client();
        // One after the other: two hundred greetings at once overflow the kernel's queue and cost a second. Who fails
        // here connects when asking.
        let (Ok(()) | Err(_)) = client.connection().open().await;
        asking.spawn(ask(client, Arc::clone(&start), number, channel));
    }
    let (mut won, mut refused, mut slowest) = (Vec::new(), 0_usize, 0);
    while let Some(joined) = asking.join_next().await {
        let (answer, ms) = joined?;
        slowest = slowest.max(ms);
        match answer {
            Ok((id, channel, lines)) => {
                hour.ledger.lock().await.hold(&id, lines);
                won.push((id, channel));
            }
            Err(error) if error.code() == Some("insufficient_stock") => refused += 1,
            Err(error) => hour.ledger.lock().await.surprised(format!("duel: {error}")),
        }
    }
    if won.len() != 1 {
        hour.ledger.lock().await.surprised(format!("duel: {} won one poster", won.len()));
    }
    for (id, channel) in &won {
        order(hour, &mut staff, id, channel).await;
    }
    let (sold, oversold) = (won.len(), won.len().saturating_sub(1));
    Ok(format!(
        "last poster: {ASKING} asked, {sold} sold, {refused} refused, {oversold} oversold, slowest answer {slowest} ms"
    ))
}

/// The winner orders what is held.
async fn order(hour: &Hour, client: &mut Client, id: &str, channel: &str) {
    let order = NewOrder {
        order: format!("duel-{id}"),
        channel: channel.to_owned(),
        reservation: Some(id.to_owned()),
        lines: vec![NewOrderLine {
            line: "1".to_owned(),
            sku: LIMITED_SKU.to_owned(),
            quantity: 1,
            unit_price: None,
        }],
        ship_to: Some(Address { country: "DE".to_owned(), ..Address::default() }),
        payment: Some(Payment { state: "paid".to_owned() }),
        ..NewOrder::default()
    };
    hour.ledger.lock().await.let_go(id);
    let answer = client.place(&command_id(), &order).await;
    let mut ledger = hour.ledger.lock().await;
    match answer {
        Ok(order) => {
            ledger.counters.orders += 1;
            ledger.note(&order);
        }
        Err(error) => ledger.surprised(format!("duel, order: {error}")),
    }
}

type Answer = Result<(String, &'static str, Vec<HeldLine>), ClientError>;

async fn ask(
    mut client: Client,
    start: Arc<Barrier>,
    number: usize,
    channel: &'static str,
) -> (Answer, u128) {
    start.wait().await;
    let id = command_id();
    let wish = NewReservation {
        channel: channel.to_owned(),
        cart: Some(format!("duel-{number}-{id}")),
        lines: vec![CartLine { sku: LIMITED_SKU.into(), quantity: 1 }],
        ttl_s: Some(60),
    };
    let started = Instant::now();
    let answer = client.reserve(&id, &wish).await.map(|told| (id, channel, told.lines));
    (answer, started.elapsed().as_millis())
}
