//! Opening, the busy hour, closing.

use std::collections::BTreeMap;
use std::io::{BufRead as _, IsTerminal as _};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior};

use super::args::DemoArgs;
use super::child::Daemon;
use super::customer::Customer;
use super::hour::{Hour, command_id};
use super::merchant::{GUEST_SKU, Merchant};
use super::readers::Readers;
use super::receipt::{self, receipt};
use super::screen::{Screen, Second};
use super::sync_model::SYNC_EVERY_S;
use super::{aftersales, chaos, duel, fulfil, staff, supply, till};
use crate::cli::Failure;
use crate::cli::exit::Exit;
use crate::cli::load::raise_file_limit;
use crate::client::{LineStatus, Movement};

/// Parts on their way from packers over carriers to the desk that takes goods back; a full hour of them.
const UNDER_WAY: usize = 10_000;

/// Seconds in which one kind of news is told at most once.
const NEWS_EVERY_S: u64 = 7;

/// The first duel comes early enough for whoever watches only a moment.
const FIRST_DUEL_S: u64 = 4;

/// Seconds between duels, and between kills with `--chaos`.
const DUEL_EVERY_S: u64 = 10;

/// Runs the demo; the code says whether receipt and audit hold.
///
/// # Errors
/// The daemon can't be started or brought back.
pub async fn run(args: DemoArgs) -> Result<Exit, Failure> {
    raise_file_limit();
    let mut screen = Screen::new();
    let merchant = Merchant::read(&mut fastrand::Rng::with_seed(args.seed))?;
    screen.head("lagerd demo: a merchant for coffee and outdoor gear, one busy hour in fast motion");
    let daemon = Daemon::start(args.redis.as_deref()).await?;
    let hour = Arc::new(Hour::new(merchant, daemon.target()));
    open(&hour).await?;
    welcome(&screen, &args, &hour, &daemon.url);
    let daemon = Arc::new(Mutex::new(daemon));
    let readers = Readers::begin(&hour);
    busy(&args, &mut screen, &hour, &daemon).await?;
    close(&screen, &hour, &daemon, readers).await
}

/// Puts the opening stock on the shelves.
async fn open(hour: &Hour) -> Result<(), Failure> {
    let mut client = hour.client();
    if !client.stock_page(None, 1).await?.items.is_empty() {
        let told = "this Redis database holds stock already, of an earlier demo perhaps: empty it (redis-cli -n 9 \
                    flushdb, where it is number 9 and nothing else lives there) or name another";
        return Err(told.into());
    }
    let merchant = &hour.merchant;
    for (place, warehouse) in merchant.warehouses.iter().enumerate() {
        let mut lines = Vec::new();
        for item in merchant.items.iter().chain([&merchant.guest, &merchant.tote]) {
            let quantity = item.opening.get(place).copied().unwrap_or_default();
            if quantity == 0 {
                continue;
            }
            let reference = Some("opening".to_owned());
            lines.push(Movement {
                sku: item.sku.clone(),
                kind: "receive".into(),
                quantity,
                reference,
                ..Movement::default()
            });
            if item.sku != GUEST_SKU {
                hour.ledger.lock().await.cell(warehouse, &item.sku).opening = quantity;
                hour.model.lock().await.receive(&item.sku, quantity);
            }
        }
        let results = client.movements(warehouse, &command_id(), &lines).await?;
        if let Some(line) = results.iter().find(|line| line.status != LineStatus::Applied) {
            return Err(format!(
                "{warehouse} refused {}: {} {}",
                line.sku.as_deref().unwrap_or("a line"),
                line.code,
                line.detail
            )
            .into());
        }
    }
    hour.model.lock().await.sync();
    Ok(())
}

fn welcome(screen: &Screen, args: &DemoArgs, hour: &Hour, url: &str) {
    let merchant = &hour.merchant;
    let store = if args.redis.is_some() { "Redis" } else { "the embedded store" };
    screen.plain(&format!(
        "\n  {} products lie in {} places ({} units) and are sold by 6 channels at the same\n  \
         time: shop, Amazon, eBay, app, Instagram, till. Customers and staff are simulated,\n  \
         the daemon is real: it keeps one truth on {store}, and everybody uses\n  \
         its HTTP door as your shop would.\n\n  \
         Each line is one second. `refused` came too late, and was told so. `waiting` orders get\n  \
         goods when they come. The last column counts units promised twice: it has to stay 0.\n",
        merchant.items.len(),
        merchant.warehouses.len(),
        merchant.opening_units(),
    ));
    let example = merchant.items.first().map_or(("", ""), |item| (item.sku.as_str(), item.title.as_str()));
    screen.plain(&format!("  look   curl -s {url}/v1/stock/{}      ({})", example.0, example.1));
    screen.plain(&format!("         {url}/metrics   {url}/openapi.json"));
    screen.plain(&format!("  watch  lagerd watch instagram --url {url}      (every change as it happens)"));
    screen.plain(&format!(
        "  buy    curl -s {url}/v1/orders -H 'content-type: application/json' \\\n           \
         -d '{{\"order\":\"you-1\",\"channel\":\"shop\",\"lines\":[{{\"line\":\"1\",\"sku\":\"{GUEST_SKU}\",\"quantity\":1}}]}}'\n         \
         see yourself in the next line below; it is packed and sent: curl -s {url}/v1/orders/you-1"
    ));
    if std::io::stdin().is_terminal() {
        screen.plain(
            "  kill   type k and Enter: the daemon dies (kill -9) and starts again, losses are counted",
        );
    }
    screen.plain("");
}

/// The doors are open.
async fn busy(
    args: &DemoArgs,
    screen: &mut Screen,
    hour: &Arc<Hour>,
    daemon: &Arc<Mutex<Daemon>>,
) -> Result<(), Failure> {
    let mut people = JoinSet::new();
    for number in 0..args.customers {
        people.spawn(Customer::new(Arc::clone(hour), number, args.seed).run());
    }
    let (leaving, left) = mpsc::channel(UNDER_WAY);
    let (bringing, arrived) = mpsc::channel(UNDER_WAY);
    let mut after = JoinSet::new();
    for (number, warehouse) in (100..).zip(&hour.merchant.warehouses) {
        let seed = args.seed + number;
        people.spawn(staff::clerk(Arc::clone(hour), warehouse.clone(), seed));
        after.spawn(fulfil::packer(Arc::clone(hour), warehouse.clone(), seed, leaving.clone()));
    }
    drop(leaving);
    after.spawn(fulfil::carrier(Arc::clone(hour), left, bringing));
    after.spawn(aftersales::desk(Arc::clone(hour), arrived, args.seed));
    people.spawn(supply::planner(Arc::clone(hour), args.seed));
    people.spawn(till::offline(Arc::clone(hour)));
    let (kill, asked) = mpsc::channel(1);
    let (tell, news) = mpsc::channel(16);
    people.spawn(chaos::on_demand(Arc::clone(hour), Arc::clone(daemon), asked, tell.clone()));
    listen_for_k(kill.clone());
    let until = args.span.map(|span| Instant::now() + span);
    let chaos = args.chaos.then_some(kill);
    let watched = watch(Watch { screen, hour, news, tell, chaos, until }).await;
    hour.closing.cancel();
    screen.plain("\n  the shop closes: what is promised is shipped, then the books are closed");
    while let Some(joined) = people.join_next().await {
        joined?;
    }
    hour.quiet.cancel();
    while let Some(joined) = after.join_next().await {
        joined?;
    }
    watched
}

/// What the watcher needs.
struct Watch<'a> {
    screen: &'a mut Screen,
    hour: &'a Arc<Hour>,
    news: mpsc::Receiver<Result<String, Failure>>,
    tell: mpsc::Sender<Result<String, Failure>>,
    /// Where kills are asked for, with `--chaos`.
    chaos: Option<mpsc::Sender<()>>,
    until: Option<Instant>,
}

/// Shows second after second until closing time or Ctrl-C.
async fn watch(watch: Watch<'_>) -> Result<(), Failure> {
    let Watch { screen, hour, mut news, tell, chaos, until } = watch;
    let mut ticks = tokio::time::interval(Duration::from_secs(1));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks.tick().await;
    let far = Instant::now() + Duration::from_secs(365 * 24 * 3600);
    let mut before = hour.ledger.lock().await.counters;
    let mut guests = hour.client();
    let mugs: i64 = hour.merchant.guest.opening.iter().sum();
    let mut number = 0;
    let mut shown: BTreeMap<&'static str, u64> = BTreeMap::new();
    let mut duels = JoinSet::new();
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            Some(told) = news.recv() => {
                screen.news(&told?);
                continue;
            }
            () = tokio::time::sleep_until(until.unwrap_or(far)) => break,
            interrupted = tokio::signal::ctrl_c() => break interrupted?,
        }
        number += 1;
        let guest = tokio::time::timeout(Duration::from_millis(300), guest_units(&mut guests, mugs))
            .await
            .unwrap_or(0);
        let second = {
            let mut ledger = hour.ledger.lock().await;
            let slowest_ms = std::mem::take(&mut ledger.slowest_ms);
            let (now, total, oversold) = (ledger.counters, ledger.total(), ledger.oversold());
            let waiting = ledger.waiting.len();
            Second { second: number, before, now, total, waiting, slowest_ms, oversold, guest }
        };
        screen.second(&second);
        for (kind, told) in std::mem::take(&mut hour.ledger.lock().await.news) {
            if shown.get(kind).is_none_or(|last| number - last >= NEWS_EVERY_S) {
                screen.news(&told);
                shown.insert(kind, number);
            }
        }
        before = second.now;
        if number % SYNC_EVERY_S == 0 {
            let mut model = hour.model.lock().await;
            model.sync();
            let oversold = model.oversold;
            screen.news(&format!(
                "SIMULATION, stock copied to the channels every 15 min ({SYNC_EVERY_S} s here), same demand:\n     \
                 {oversold} units sold so far that don't exist"
            ));
        }
        if number % DUEL_EVERY_S == FIRST_DUEL_S {
            let (hour, tell) = (Arc::clone(hour), tell.clone());
            // Nobody listens any more once the shop has closed.
            duels.spawn(async move { drop(tell.send(duel::duel(&hour).await).await) });
        }
        if number % DUEL_EVERY_S == FIRST_DUEL_S + 3
            && let Some(chaos) = &chaos
        {
            // A full slot means that a kill is still under way, which is enough.
            let (Ok(()) | Err(_)) = chaos.try_send(());
        }
    }
    while let Some(joined) = duels.join_next().await {
        joined?;
    }
    while let Ok(told) = news.try_recv() {
        screen.news(&told?);
    }
    Ok(())
}

/// Units of the visitors' mug that are spoken for or gone.
async fn guest_units(client: &mut crate::client::Client, opening: i64) -> i64 {
    match client.stock(GUEST_SKU).await {
        Ok(stock) => {
            let there: i64 =
                stock.levels.iter().map(|level| level.on_hand - level.reserved - level.allocated).sum();
            opening - there
        }
        Err(_) => 0,
    }
}

/// Reads `k` + Enter from a terminal. A thread of its own, because reading a terminal can't be cancelled; it ends with
/// the process.
fn listen_for_k(kill: mpsc::Sender<()>) {
    if !std::io::stdin().is_terminal() {
        return;
    }
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if line.trim().eq_ignore_ascii_case("k") && kill.blocking_send(()).is_err() {
                return;
            }
        }
    });
}

/// Receipt, audit, verdict.
async fn close(
    screen: &Screen,
    hour: &Hour,
    daemon: &Mutex<Daemon>,
    readers: Readers,
) -> Result<Exit, Failure> {
    screen.plain("");
    let holds = receipt(hour, screen).await? & receipt::orders(hour, screen).await?;
    let shown = readers.end(hour, screen).await?;
    let (counters, surprise, oversold) = {
        let ledger = hour.ledger.lock().await;
        (ledger.counters, ledger.surprise.clone(), ledger.oversold())
    };
    let surprises = match &surprise {
        None => format!("{} carts, every answer as promised", counters.carts),
        Some(first) => format!("{} answers no customer should get, the first: {first}", counters.surprises),
    };
    screen.verdict(surprise.is_none(), &surprises);
    screen.verdict(oversold == 0, &format!("oversold: {oversold} units"));
    let mut daemon = daemon.lock().await;
    let stopped = daemon.stop().await?;
    screen.verdict(stopped.success(), &format!("daemon stopped: {stopped}"));
    let (clean, told) = daemon.audit().await?;
    if !clean {
        screen.plain(told.trim_end());
    }
    let last = told.lines().last().unwrap_or("no complaint").to_owned();
    screen.verdict(clean, &format!("lagerd audit: {last}"));
    let model = hour.model.lock().await;
    screen.plain(&format!(
        "\n  {} carts: {} refused, {} amended, {} left behind. {} orders: {} parts sent, {} arrived, {} taken over by another \
         place, {} cancelled, {} units taken back.\n  SIMULATION of a 15-minute stock sync under the same demand: {} units \
         sold, {} of them don't exist.",
        counters.carts,
        counters.refused,
        counters.amended,
        counters.abandoned,
        counters.orders,
        counters.shipped,
        counters.delivered,
        counters.resourced,
        counters.cancelled,
        counters.returned,
        model.sold,
        model.oversold
    ));
    let good = holds && shown && clean && surprise.is_none() && oversold == 0 && stopped.success();
    if !good {
        screen.plain(&format!("  the daemon's files stay in {}", daemon.keep().display()));
    }
    Ok(if good { Exit::Ok } else { Exit::CheckFailed })
}

#[cfg(test)]
#[expect(
    clippy::disallowed_types,
    reason = "the fake's books are locked for a few instructions, never across an await"
)]
mod tests {
    use clap::Parser;

    use super::super::fake::{Books, Fault};
    use super::*;
    use crate::client::fake;

    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        demo: DemoArgs,
    }

    /// Lets a short hour pass on the fake; whether the receipt holds, and the books.
    async fn hour(fault: Fault) -> (bool, Arc<Hour>) {
        let books = std::sync::Mutex::new(Books::new(fault));
        let url = fake::serve(move |asked| books.lock().unwrap().answer(&asked)).await;
        let args = Line::parse_from(["demo", "--for", "1500ms", "--customers", "150"]).demo;
        let merchant = Merchant::read(&mut fastrand::Rng::with_seed(args.seed)).unwrap();
        let daemon = Daemon::elsewhere(&url);
        let hour = Arc::new(Hour::new(merchant, daemon.target()));
        let mut screen = Screen::new();
        open(&hour).await.unwrap();
        welcome(&screen, &args, &hour, &url);
        busy(&args, &mut screen, &hour, &Arc::new(Mutex::new(daemon))).await.unwrap();
        screen.news(&duel::duel(&hour).await.unwrap());
        let holds = receipt(&hour, &screen).await.unwrap() & receipt::orders(&hour, &screen).await.unwrap();
        (holds, hour)
    }

    /// On an honest daemon the books close, and the simulated people did everything they are there for.
    #[tokio::test]
    async fn honest_books_close() {
        let (holds, hour) = hour(Fault::None).await;
        let ledger = hour.ledger.lock().await;
        assert!(holds);
        assert_eq!(ledger.surprise, None);
        assert_eq!(ledger.oversold(), 0);
        let total = ledger.total();
        let counted = ledger.counters;
        assert!(total.received > 0 && total.shipped > 0, "{total:?}");
        assert!(counted.amended > 0 && counted.abandoned > 0 && counted.orders > 0, "{counted:?}");
        assert!(counted.delivered > 0 && counted.cancelled > 0 && counted.resourced > 0, "{counted:?}");
        assert!(counted.returned > 0, "{counted:?}");
    }

    /// A daemon that oversells, or keeps goods that left, does not get away with it.
    #[tokio::test]
    async fn lies_are_found() {
        let (_, seen) = hour(Fault::Oversells).await;
        let ledger = seen.ledger.lock().await;
        assert!(ledger.surprise.is_some(), "the duel sees that more than one won");
        drop(ledger);
        for fault in [Fault::ForgetsShipments, Fault::LosesOrders] {
            let (holds, _) = hour(fault).await;
            assert!(!holds, "{fault:?}");
        }
    }
}
