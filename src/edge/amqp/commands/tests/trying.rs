//! What becomes of a command that is not answered at once.

use std::time::Duration;

use axum::http::StatusCode;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::actor::fault::Fault;
use crate::domain::ids::CommandId;
use crate::domain::refusal::Refusal;
use crate::edge::amqp::commands::patience::{End, Next, Patience, next};
use crate::edge::fault::Problem;
use crate::telemetry::CommandMeter;

/// The table: only what is wrong with the message itself, and what panicked three times, is dead.
#[test]
fn problems_decide() {
    let away = Next::Again { away: true };
    let again = Next::Again { away: false };
    for (problem, panics, right) in [
        (Problem::malformed("malformed_json", "x"), 0, Next::Dead("malformed_json")),
        (Problem::invalid("lines", "x"), 0, Next::Dead("invalid")),
        (Refusal::ReservationExpired.into(), 0, Next::Answer),
        (Refusal::UnknownReservation(CommandId::stored("r-1")).into(), 0, Next::Answer),
        (Problem::new(StatusCode::FORBIDDEN, "forbidden", "x"), 0, Next::Answer),
        (Fault::Busy.into(), 0, again),
        (Fault::OutcomeUnknown.into(), 0, again),
        (Refusal::DeskFull.into(), 0, again),
        (Fault::Unavailable("x".to_owned()).into(), 0, away),
        (Fault::StoreLost("x".to_owned()).into(), 0, away),
        (Problem::loading(), 0, away),
        (Problem::bug(), 1, again),
        (Problem::bug(), 2, again),
        (Problem::bug(), 3, Next::Dead("panicked")),
    ] {
        assert_eq!(next(&problem, panics), right, "{}", problem.code);
    }
}

/// A command's tries, and how it ends.
async fn ends(delivered: u64, answers: impl Fn(u64) -> Result<Vec<u8>, Problem>) -> (End, u64) {
    let (away, stopping, meter) = (watch::Sender::new(0), CancellationToken::new(), CommandMeter::default());
    let patience = Patience { away: &away, stopping: &stopping, meter: &meter, delivered };
    let mut tries = 0;
    let end = patience.until_answered(|| {
        tries += 1;
        std::future::ready(answers(tries))
    });
    let end = end.await;
    assert_eq!(*away.borrow(), 0, "nobody waits any more");
    assert_eq!(meter.retried.get(), tries - 1);
    (end, tries)
}

/// What is busy, away or unknown is tried until it is answered, however often that takes.
#[tokio::test(start_paused = true)]
async fn what_is_not_final_is_tried_again() {
    let (end, tries) = ends(0, |number| match number {
        1..=20 => Err(Fault::Busy.into()),
        21..=40 => Err(Fault::Unavailable("away".to_owned()).into()),
        41..=60 => Err(Fault::OutcomeUnknown.into()),
        _ => Ok(b"done".to_vec()),
    })
    .await;
    assert!(matches!(end, End::Answered(Ok(said)) if said == b"done"));
    assert_eq!(tries, 61);
}

/// A panic is tried three times; what was delivered before and panics again, less often.
#[tokio::test(start_paused = true)]
async fn what_panics_is_tried_three_times() {
    for (delivered, right) in [(0, 3), (1, 3), (2, 2), (3, 1), (15, 1)] {
        let (end, tries) = ends(delivered, |_| Err(Problem::bug())).await;
        assert!(matches!(end, End::Dead(_, "panicked")), "{end:?}");
        assert_eq!(tries, right, "delivered {delivered} times before");
    }
    let (end, tries) = ends(0, |number| if number < 3 { Err(Problem::bug()) } else { Ok(Vec::new()) }).await;
    assert!(matches!(end, End::Answered(Ok(_))));
    assert_eq!(tries, 3);
}

/// A store that stays away kills no command: after a long time it is put back, before the broker's own patience ends.
#[tokio::test(start_paused = true)]
async fn what_stays_away_is_put_back() {
    let begun = Instant::now();
    let (end, _) = ends(19, |_| Err(Fault::Unavailable("away".to_owned()).into())).await;
    assert!(matches!(end, End::Late), "{end:?}");
    assert!(begun.elapsed() > Duration::from_secs(300) && begun.elapsed() < Duration::from_secs(1_500));
}

/// Who waits for a store that is away says so, and says so no more when it stops; a command under way is not given up
/// before its try is over.
#[tokio::test(start_paused = true)]
async fn a_stop_ends_waiting() {
    let (away, stopping, meter) = (watch::Sender::new(0), CancellationToken::new(), CommandMeter::default());
    let patience = Patience { away: &away, stopping: &stopping, meter: &meter, delivered: 0 };
    let mut tries = 0;
    let (counted, last) = (&away, &stopping);
    let end = patience.until_answered(|| {
        tries += 1;
        let now = tries;
        async move {
            if now == 3 {
                assert_eq!(*counted.borrow(), 1);
                last.cancel();
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            Err(Fault::Unavailable("away".to_owned()).into())
        }
    });
    assert!(matches!(end.await, End::Stopped));
    assert_eq!((tries, *away.borrow()), (3, 0));
}
