//! The desks, and what they share.

use std::sync::Arc;

use super::errands::Book;
use crate::actor::directory::{Ground, Life};
use crate::actor::fault::Fault;
use crate::actor::house::House;
use crate::actor::house::locks::Locks;
use crate::actor::mailbox::Mailbox;
use crate::actor::view::{Alerts, Calendar, DeskView, DeskWatch, Minutes, Sales, Served};
use crate::domain::desk::{Answer, Desk, DeskCommand, DeskRules, Verb};
use crate::domain::ids::{ChannelId, CommandId, OrderId, OrderNumber, SHARDS};
use crate::domain::machine::Envelope;
use crate::domain::order::Keeping;
use crate::domain::refusal::Refusal;
use crate::domain::routing::Rules;
use crate::journal::{JournalError, JournalId, JournalKind};

/// What all desks keep to.
#[derive(Debug, Clone)]
pub struct OrderRules {
    /// How orders are routed; a channel's own words about splits and leftovers take their place.
    pub routing: Rules,
    /// What documents keep to.
    pub desk: DeskRules,
    /// How long a claim over several warehouses lasts at most, in milliseconds.
    pub claim_ttl_ms: i64,
    /// How long an order waits for its payment, in milliseconds.
    pub pay_within_ms: i64,
    /// How long personal data and documents are kept.
    pub keeping: Keeping,
}

/// How often the archive is looked at for one command.
const LOOKS_MAX: usize = 5;

const DAY_MS: i64 = 86_400_000;

impl Default for OrderRules {
    /// What the settings say where nothing is configured.
    fn default() -> Self {
        Self {
            routing: Rules::default(),
            desk: DeskRules {
                open_max: 1_000_000,
                refund_within_ms: 14 * DAY_MS,
                refund_alert_ms: 3 * DAY_MS,
                collect_within_ms: 14 * DAY_MS,
                delivered_after_ms: 30 * DAY_MS,
                refusals_ms: 7 * DAY_MS,
            },
            claim_ttl_ms: 120_000,
            pay_within_ms: DAY_MS,
            keeping: Keeping {
                contact_after_delivery_ms: 30 * DAY_MS,
                contact_after_cancel_ms: 7 * DAY_MS,
                contact_max_ms: 180 * DAY_MS,
                documents_ms: 400 * DAY_MS,
            },
        }
    }
}

/// The desks.
#[derive(Debug)]
pub struct Desks {
    /// One mailbox per shard, in order.
    pub(super) mailboxes: Vec<Mailbox<Desk>>,
    /// Open documents as confirmed.
    pub view: Arc<DeskView>,
    /// What somebody should look at.
    pub alerts: Arc<Alerts>,
    /// What was sold today.
    pub sales: Arc<Sales>,
    pub(super) book: Arc<Book>,
    pub(super) locks: Locks<OrderId>,
    pub(super) rules: OrderRules,
}

/// What desks share, with each other and with warehouses, before they are opened.
#[derive(Debug, Clone)]
pub(in crate::actor::house) struct Lobby {
    view: Arc<DeskView>,
    book: Arc<Book>,
    /// What somebody should look at.
    alerts: Arc<Alerts>,
    /// What was sold today.
    pub(in crate::actor::house) sales: Arc<Sales>,
}

impl Lobby {
    /// Nothing yet, for channels with these days.
    pub(in crate::actor::house) fn new(ground: &Ground, calendar: Calendar) -> Self {
        let mut views = fastrand::Rng::with_seed(ground.seed.rotate_left(17));
        let alerts = Arc::new(Alerts::new(ground.clock.clone(), ground.metrics.clone(), views.u64(..)));
        let view = Arc::new(DeskView::new(views));
        Self { view, book: Arc::default(), alerts, sales: Arc::new(Sales::new(calendar)) }
    }

    /// Who takes down what happens in a journal.
    pub(in crate::actor::house) fn minutes(&self, id: JournalId) -> Minutes {
        Minutes { alerts: self.alerts.clone(), ledger: self.sales.ledger(id) }
    }

    /// Where warehouses tell that waiting claims were served.
    pub(in crate::actor::house) fn served(&self) -> Served {
        let book = self.book.clone();
        Served(Arc::new(move |order| book.note_served(order)))
    }

    /// Loads the desks' journals and starts their actors.
    pub(in crate::actor::house) async fn open(
        self,
        ground: &Ground,
        rules: &OrderRules,
    ) -> Result<(Desks, Vec<Arc<Life>>), JournalError> {
        let (mut mailboxes, mut lives) = (Vec::new(), Vec::new());
        let (desk_rules, meter) = (rules.desk, ground.metrics.desks());
        for shard in 0..SHARDS {
            let journal = JournalId::new(JournalKind::Desk, format!("{shard:02}"));
            let (view, book, minutes) = (self.view.clone(), self.book.clone(), self.minutes(journal.clone()));
            let meter = meter.clone();
            let watch = Arc::new(move || {
                let (view, errands, meter) = (view.clone(), book.clone(), meter.clone());
                let Minutes { alerts, ledger } = minutes.clone();
                Box::new(DeskWatch { view, shard, errands, alerts, ledger, meter }) as Box<_>
            });
            let fresh = Arc::new(move || Desk::new(desk_rules));
            let (mailbox, life) = ground.start(journal, usize::from(shard), fresh, watch).await?;
            mailboxes.push(mailbox);
            lives.push(life);
        }
        let Self { view, book, alerts, sales } = self;
        let (locks, rules) = (Locks::default(), rules.clone());
        let desks = Desks { mailboxes, view, alerts, sales, book, locks, rules };
        Ok((desks, lives))
    }
}

impl Desks {
    /// Every desk's mailbox.
    pub(in crate::actor::house) fn mailboxes(&self) -> impl Iterator<Item = &Mailbox<Desk>> {
        self.mailboxes.iter()
    }
}

impl House {
    /// The id of a channel's order over all channels.
    #[must_use]
    pub fn order_id(channel: &ChannelId, number: &OrderNumber) -> OrderId {
        OrderId::minted(number.as_str(), "order", &[channel.as_str(), number.as_str()])
    }

    /// The id of a document that a command makes.
    #[must_use]
    pub fn document_id(kind: &str, command: &CommandId) -> OrderId {
        OrderId::minted(command.as_str(), kind, &[command.as_str()])
    }

    /// The mailbox of a document's desk.
    pub(super) fn mailbox_of(&self, id: &OrderId) -> Result<&Mailbox<Desk>, Refusal> {
        let shard = id.shard().map(usize::from);
        let mailbox = shard.and_then(|shard| self.desks.mailboxes.get(shard));
        mailbox.ok_or(Refusal::UnknownDocument { kind: "document" })
    }

    /// Asks a document's desk. A document that is not open is looked up in the archive first and goes with the command;
    /// where it settled in between, it is looked up again.
    pub(super) async fn ask_desk(&self, envelope: Envelope, verb: Verb) -> Result<Answer, Fault> {
        let unknown = Refusal::UnknownDocument { kind: "document" };
        let Some((id, shard)) = verb.document().and_then(|id| Some((id.clone(), id.shard()?))) else {
            return Err(unknown.into());
        };
        for _ in 0..LOOKS_MAX {
            let looked = self.desks.view.version(shard);
            let archived = match self.desks.view.get(&id) {
                Some(_) => None,
                None => self.archived_document(&id).await?,
            };
            let command = DeskCommand { verb: verb.clone(), archived, looked };
            match self.mailbox_of(&id)?.ask(envelope.clone(), command).await? {
                Answer::LookAgain => {}
                answer => return Ok(answer),
            }
        }
        // It settles and is opened again all the time; nothing was done.
        Err(Fault::Busy)
    }
}
