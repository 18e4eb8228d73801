//! Two daemons on one Redis, by mistake: slower, but never wrong.

use crate::crowd::{Crowd, all_readable, granted};
use crate::mixed::{Load, TWO};
use crate::process::{Daemon, ONE, Store};
use crate::talk::{figures, held, receive, wish};

/// Each sells as many as it may; together they sell what there is, and each knows the other's sales by their ids.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn duel() {
    let Some(store) = Store::redis().await else { return };
    let mut one = Daemon::start(&store.lines(), ONE).await;
    receive(&mut one.client(), "BER", "opening", &[("LAST", 150)]).await;
    let mut other = Daemon::start(&store.lines(), ONE).await;
    let clients = (0..200).map(|number| if number % 2 == 0 { one.patient() } else { other.patient() });
    let told = Crowd::start(clients.collect(), "shared", "LAST").await.told().await;
    assert_eq!(granted(&told), 150);
    let mut client = other.patient();
    for told in &told {
        let again = client.reserve(&told.id, &wish("web", "", &[("LAST", 1)])).await;
        assert_eq!(again.ok().as_ref().map(held), told.first.as_ref().map(held), "{}", told.id);
    }
    one.stop().await;
    other.audit().await;
    one.again().await;
    assert_eq!(figures(&mut one.client(), "LAST", "BER").await, (150, 150, 0));
    all_readable(&mut one.client(), &told).await;
    one.audit().await;
}

/// Under mixed load on both, what each daemon acknowledged is what a third reads from the log.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mixed() {
    let Some(store) = Store::redis().await else { return };
    let mut one = Daemon::start(&store.lines(), TWO).await;
    let mut other = Daemon::start(&store.lines(), TWO).await;
    let load = Load::start(&[&one, &other], 24);
    load.agrees_with(&mut one, true).await;
    other.stop().await;
    one.audit().await;
}
