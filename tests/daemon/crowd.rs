//! Many clients that want the same units, and what they were told.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use lagerd::client::{Client, ClientError, Reservation};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use crate::talk::{held, wish};
use crate::wait::wait_for;

/// What one client was told.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) id: String,
    pub(crate) first: Option<Reservation>,
}

/// A crowd under way.
#[derive(Debug)]
pub(crate) struct Crowd {
    clients: JoinSet<Told>,
    granted: Arc<AtomicUsize>,
}

impl Crowd {
    /// Lets every client, connected before, ask at once for one unit of `sku`, and then again under the same id.
    pub(crate) async fn start(clients: Vec<Client>, name: &str, sku: &'static str) -> Self {
        let barrier = Arc::new(Barrier::new(clients.len()));
        let mut crowd = Self { clients: JoinSet::new(), granted: Arc::default() };
        for (number, mut client) in clients.into_iter().enumerate() {
            client.connection().open().await.expect("connect");
            let (barrier, granted) = (barrier.clone(), crowd.granted.clone());
            let id = format!("{name}-{number}");
            crowd.clients.spawn(async move {
                barrier.wait().await;
                let first = reserve(&mut client, &id, sku).await;
                granted.fetch_add(usize::from(first.is_some()), Ordering::Relaxed);
                let again = reserve(&mut client, &id, sku).await;
                let said = |answer: &Option<Reservation>| {
                    answer.as_ref().map(|held_now| {
                        (held_now.reservation.clone(), held_now.state.clone(), held(held_now))
                    })
                };
                assert_eq!(said(&again), said(&first), "the second answer to {id}");
                Told { id, first }
            });
        }
        crowd
    }

    /// Waits until so many were granted.
    pub(crate) async fn granted(&self, many: usize) {
        wait_for("units to be granted", async || {
            (self.granted.load(Ordering::Relaxed) >= many).then_some(())
        })
        .await;
    }

    /// Everything the clients were told.
    pub(crate) async fn told(self) -> Vec<Told> {
        self.clients.join_all().await
    }
}

/// Asks for a unit; `None` where there is none.
async fn reserve(client: &mut Client, id: &str, sku: &str) -> Option<Reservation> {
    match client.reserve(id, &wish("web", "", &[(sku, 1)])).await {
        Ok(granted) => Some(granted),
        Err(ClientError::Problem(refused)) if refused.code == "insufficient_stock" => {
            assert_eq!((refused.status, &refused.lines[0]["free"]), (409, &0.into()), "{refused:?}");
            None
        }
        Err(error) => panic!("{id}: {error}"),
    }
}

/// Each that was granted can be read, and holds what it was told.
pub(crate) async fn all_readable(client: &mut Client, told: &[Told]) {
    for told in told {
        let read = client.reservation(&told.id).await;
        match &told.first {
            Some(first) => {
                let read = read.unwrap_or_else(|error| panic!("{} was granted: {error}", told.id));
                assert_eq!((read.state.as_str(), held(&read)), ("reserved", held(first)));
            }
            None => assert_eq!(read.expect_err("refused").code(), Some("unknown_reservation")),
        }
    }
}

/// How many were granted.
pub(crate) fn granted(told: &[Told]) -> usize {
    told.iter().filter(|told| told.first.is_some()).count()
}
