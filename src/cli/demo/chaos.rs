//! kill -9 under load, and what the clients' own records say afterwards.

use std::sync::Arc;

use tokio::sync::Mutex;

use super::child::Daemon;
use super::hour::Hour;
use super::ledger::Bought;
use crate::cli::Failure;
use crate::client::{ClientError, HeldLine, Order, Reservation};

/// Kills the daemon, starts it again, reads back everything that was acknowledged before; tells how it went.
///
/// # Errors
/// The daemon does not come back.
pub(super) async fn kill(hour: &Hour, daemon: &Mutex<Daemon>) -> Result<String, Failure> {
    let mut daemon = daemon.lock().await;
    daemon.kill().await?;
    // Taken after the death: whatever was acknowledged at that moment is in here.
    let (carts, orders) = {
        let ledger = hour.ledger.lock().await;
        let carts: Vec<_> = ledger.carts.iter().map(|(id, lines)| (id.clone(), lines.clone())).collect();
        let orders: Vec<_> =
            ledger.orders.0.iter().map(|(id, bought)| (id.clone(), bought.clone())).collect();
        (carts, orders)
    };
    let back_ms = daemon.again().await?.as_millis();
    drop(daemon);
    let mut client = hour.client();
    let mut wrong = Vec::new();
    for (id, before) in &carts {
        let answer = client.reservation(id).await;
        let untouched = hour.ledger.lock().await.carts.contains_key(id);
        wrong.extend(judge_cart(before, answer.as_ref(), untouched).map(|told| format!("cart {id} {told}")));
    }
    for (id, before) in &orders {
        let answer = client.order(id, None).await;
        wrong.extend(judge_order(before, answer.as_ref()).map(|told| format!("order {id} {told}")));
    }
    let (carts, orders, lost) = (carts.len(), orders.len(), wrong.len());
    let mut ledger = hour.ledger.lock().await;
    wrong.into_iter().for_each(|told| ledger.surprised(format!("after kill -9: {told}")));
    Ok(format!(
        "kill -9: back in {back_ms} ms; of {carts} carts and {orders} orders acknowledged before, {lost} lost"
    ))
}

/// What is wrong with an acknowledged cart. Customers go on shopping meanwhile, so it may have become an order; where it
/// is untouched, it must hold the acknowledged lines.
fn judge_cart(
    before: &[HeldLine],
    answer: Result<&Reservation, &ClientError>,
    untouched: bool,
) -> Option<String> {
    match answer {
        Ok(told) if untouched && sorted(before) != sorted(&told.lines) => {
            Some(format!("held {before:?} and holds {:?}", told.lines))
        }
        Ok(_) => None,
        Err(ClientError::Problem(problem)) if problem.status == 404 => Some("is gone".to_owned()),
        Err(error) => Some(format!("can't be read: {error}")),
    }
}

/// What is wrong with an acknowledged order: it is there, as large as it was, and what had left has left.
fn judge_order(before: &Bought, answer: Result<&Order, &ClientError>) -> Option<String> {
    let told = match answer {
        Ok(told) => told,
        Err(ClientError::Problem(problem)) if problem.status == 404 => return Some("is gone".to_owned()),
        Err(error) => return Some(format!("can't be read: {error}")),
    };
    let ordered = told.sum(|line| line.ordered);
    if ordered != before.ordered {
        return Some(format!("was of {} units and is of {ordered}", before.ordered));
    }
    let has_left =
        |id: &String| told.fulfilments.iter().any(|part| part.fulfilment == *id && part.has_left());
    let back = before.left.iter().find(|id| !has_left(id))?;
    Some(format!("had sent {back} and has not"))
}

fn sorted(lines: &[HeldLine]) -> Vec<&HeldLine> {
    let mut lines: Vec<&HeldLine> = lines.iter().collect();
    lines.sort_by_key(|line| (&line.sku, &line.warehouse));
    lines
}

/// Kills the daemon whenever asked, one kill after the other.
pub(super) async fn on_demand(
    hour: Arc<Hour>,
    daemon: Arc<Mutex<Daemon>>,
    mut asked: tokio::sync::mpsc::Receiver<()>,
    news: tokio::sync::mpsc::Sender<Result<String, Failure>>,
) {
    loop {
        let wanted = tokio::select! {
            () = hour.closing.cancelled() => return,
            wanted = asked.recv() => wanted,
        };
        if wanted.is_none() {
            return;
        }
        let told = kill(&hour, &daemon).await;
        if news.send(told).await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::{Fulfilment, OrderLine, Problem};

    fn gone() -> ClientError {
        ClientError::Problem(Box::new(Problem::read(404, b"", None)))
    }

    /// A kill may only ever be survived whole: each way to lose a cart is seen, going on shopping is none.
    #[test]
    fn lost_carts_are_seen() {
        let lines = |quantity| vec![HeldLine { sku: "A".into(), quantity, warehouse: Some("BER".into()) }];
        let judged = |quantity, untouched| {
            let told = Reservation {
                reservation: "r".into(),
                state: "reserved".into(),
                expires_at: None,
                lines: lines(quantity),
            };
            judge_cart(&lines(2), Ok(&told), untouched).is_none()
        };
        assert!(judged(2, true) && judged(1, false));
        assert!(!judged(1, true));
        assert!(judge_cart(&lines(1), Err(&gone()), true).is_some());
    }

    /// An order that is gone, smaller, or has its goods back is lost.
    #[test]
    fn lost_orders_are_seen() {
        let judged = |ordered, state: &str| {
            let before = Bought { ordered: 2, left: vec!["a-f1".into()] };
            let line = OrderLine { ordered, ..OrderLine::default() };
            let part = Fulfilment { fulfilment: "a-f1".into(), state: state.into(), ..Fulfilment::default() };
            let told = Order { lines: vec![line], fulfilments: vec![part], ..Order::default() };
            judge_order(&before, Ok(&told)).is_none()
        };
        assert!(judged(2, "delivered"));
        assert!(!judged(1, "delivered") && !judged(2, "packed"));
        let none = Bought { ordered: 2, left: Vec::new() };
        assert!(judge_order(&none, Err(&gone())).is_some());
    }
}
