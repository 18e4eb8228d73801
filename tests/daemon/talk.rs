//! Short words for what tests say to a daemon.

use lagerd::client::{
    CartLine, Client, Level, LineStatus, Method, Movement, NewReservation, Request, Reservation,
};
use serde_json::Value;

/// A reservation of `lines` for a cart, or for none where the cart is empty.
pub(crate) fn wish(channel: &str, cart: &str, lines: &[(&str, i64)]) -> NewReservation {
    NewReservation {
        channel: channel.to_owned(),
        cart: (!cart.is_empty()).then(|| cart.to_owned()),
        lines: lines.iter().map(|&(sku, quantity)| CartLine { sku: sku.to_owned(), quantity }).collect(),
        ttl_s: None,
    }
}

/// Brings goods in.
pub(crate) async fn receive(client: &mut Client, warehouse: &str, id: &str, lines: &[(&str, i64)]) {
    let movement = |&(sku, quantity): &(&str, i64)| Movement {
        sku: sku.to_owned(),
        kind: "receive".to_owned(),
        quantity,
        ..Movement::default()
    };
    let lines: Vec<_> = lines.iter().map(movement).collect();
    let results = client.movements(warehouse, id, &lines).await.expect("movements");
    assert!(results.iter().all(|result| result.status == LineStatus::Applied), "{results:?}");
}

/// One SKU's figures at one warehouse.
pub(crate) async fn level(client: &mut Client, sku: &str, warehouse: &str) -> Level {
    let stock = client.stock(sku).await.expect("stock");
    let level = stock.levels.into_iter().find(|level| level.warehouse == warehouse);
    level.unwrap_or_else(|| panic!("no level of {sku} at {warehouse}"))
}

/// On hand, reserved, allocated.
pub(crate) async fn figures(client: &mut Client, sku: &str, warehouse: &str) -> (i64, i64, i64) {
    let level = level(client, sku, warehouse).await;
    (level.on_hand, level.reserved, level.allocated)
}

/// What was held where, in a fixed order.
pub(crate) fn held(reservation: &Reservation) -> Vec<(String, String, i64)> {
    let line = |line: &lagerd::client::HeldLine| {
        (line.warehouse.clone().unwrap_or_default(), line.sku.clone(), line.quantity)
    };
    let mut held: Vec<_> = reservation.lines.iter().map(line).collect();
    held.sort();
    held
}

/// One request with its answer as JSON (`null` where it has none).
pub(crate) async fn ask(
    client: &mut Client,
    (method, path): (Method, &str),
    id: Option<&str>,
    body: Option<&str>,
) -> (u16, Value) {
    let body = body.map(str::as_bytes);
    let connection = client.connection();
    let status = connection.send(&Request { method, path, id, body }).await;
    let status = status.unwrap_or_else(|error| panic!("{method:?} {path}: {error}"));
    (status, serde_json::from_slice(connection.body()).unwrap_or_default())
}

/// Reads something.
pub(crate) async fn get(client: &mut Client, path: &str) -> (u16, Value) {
    ask(client, (Method::Get, path), None, None).await
}

/// Sends a command.
pub(crate) async fn post(client: &mut Client, path: &str, id: &str, body: &str) -> (u16, Value) {
    ask(client, (Method::Post, path), Some(id), Some(body)).await
}

/// A figure of `/metrics`, all labels summed; 0 where it was never counted.
pub(crate) async fn metric(client: &mut Client, name: &str) -> f64 {
    let request = Request { method: Method::Get, path: "/metrics", id: None, body: None };
    let connection = client.connection();
    assert_eq!(connection.send(&request).await.expect("metrics"), 200);
    let text = String::from_utf8_lossy(connection.body()).into_owned();
    let lines =
        text.lines().filter(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with([' ', '{'])));
    lines.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum()
}
