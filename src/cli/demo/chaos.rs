//! kill -9 under load, and what the clients' own records say afterwards.

use std::sync::Arc;

use tokio::sync::Mutex;

use super::child::Daemon;
use super::hour::Hour;
use super::ledger::{Held, Stage};
use crate::cli::Failure;
use crate::client::{ClientError, HeldLine, Reservation};

/// Kills the daemon, starts it again, reads back everything that was acknowledged before; tells how it went.
///
/// # Errors
/// The daemon does not come back.
pub(super) async fn kill(hour: &Hour, daemon: &Mutex<Daemon>) -> Result<String, Failure> {
    let mut daemon = daemon.lock().await;
    daemon.kill().await?;
    // Taken after the death: whatever was acknowledged at that moment is in here.
    let acknowledged = hour.ledger.lock().await.acknowledged();
    let back_ms = daemon.again().await?.as_millis();
    drop(daemon);
    let mut client = hour.client();
    let mut lost = 0_usize;
    for (id, before) in &acknowledged {
        let answer = client.reservation(id).await;
        let mut ledger = hour.ledger.lock().await;
        let untouched = ledger.open.get(id).is_some_and(|held| held.stage == before.stage);
        if let Some(wrong) = judge(before, answer.as_ref(), untouched) {
            lost += 1;
            ledger.surprised(format!("after kill -9: {id} {wrong}"));
        }
    }
    let count = acknowledged.len();
    Ok(format!("kill -9: back in {back_ms} ms; of {count} purchases acknowledged before, {lost} lost"))
}

/// What is wrong with an acknowledged purchase. Customers go on shopping meanwhile, so it may have come further; where
/// it is untouched, its lines must be the acknowledged ones too.
fn judge(before: &Held, answer: Result<&Reservation, &ClientError>, untouched: bool) -> Option<String> {
    let told = match answer {
        Ok(told) => told,
        Err(ClientError::Problem(problem)) if problem.status == 404 => return Some("is gone".to_owned()),
        Err(error) => return Some(format!("can't be read: {error}")),
    };
    match (before.stage, told.state.as_str()) {
        (Stage::Allocated, "reserved" | "expired" | "released") => {
            Some("was paid and is no promise any more".to_owned())
        }
        (Stage::Shipped, state) if state != "shipped" => Some(format!("was shipped and reads {state}")),
        (Stage::Reserved | Stage::Allocated, _)
            if untouched && sorted(&before.lines) != sorted(&told.lines) =>
        {
            Some(format!("held {:?} and holds {:?}", before.lines, told.lines))
        }
        _ => None,
    }
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

    /// A kill may only ever be survived whole: each way to lose something is seen, going on shopping is none.
    #[test]
    fn losses_are_seen() {
        let lines = |quantity| vec![HeldLine { sku: "A".into(), quantity, warehouse: Some("BER".into()) }];
        let judged = |stage, state: &str, quantity, untouched| {
            let before = Held { stage, lines: lines(2) };
            let told = Reservation {
                reservation: "r".into(),
                state: state.into(),
                expires_at: None,
                lines: lines(quantity),
            };
            judge(&before, Ok(&told), untouched).is_none()
        };
        assert!(judged(Stage::Reserved, "reserved", 2, true));
        assert!(judged(Stage::Reserved, "shipped", 2, false));
        assert!(judged(Stage::Reserved, "released", 0, false));
        assert!(judged(Stage::Allocated, "shipped", 2, false));
        assert!(!judged(Stage::Reserved, "reserved", 1, true));
        assert!(!judged(Stage::Allocated, "reserved", 2, true));
        assert!(!judged(Stage::Shipped, "allocated", 2, false));
        let before = Held { stage: Stage::Reserved, lines: lines(1) };
        let gone = ClientError::Problem(Box::new(crate::client::Problem::read(404, b"", None)));
        assert!(judge(&before, Err(&gone), true).is_some());
    }
}
