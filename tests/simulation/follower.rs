//! Readers that follow every channel and warehouse through all that happens, as a connection of the feed does.

use std::collections::BTreeMap;

use lagerd::actor::House;
use lagerd::domain::ids::Sku;
use lagerd::feed::{Latest, Reader, SkuId, Step, sum};

use crate::script::SKUS;

/// A SKU's figures as a reader sees them; of a channel one, of a warehouse three.
type Row = Vec<i64>;

/// One reader of one topic, and its table.
#[derive(Debug)]
struct Follower {
    topic: String,
    only: Option<Vec<Sku>>,
    reader: Reader,
    view: Option<u64>,
    place: u64,
    table: BTreeMap<String, Row>,
}

/// Readers of every topic.
#[derive(Debug, Default)]
pub(crate) struct Followers(Vec<Follower>);

impl Followers {
    /// For each topic of a house one reader of everything and one of two SKUs, one of which comes up late or never.
    pub(crate) fn of(house: &House) -> Self {
        let only = || Some(vec![Sku::parse(SKUS[0]).unwrap(), Sku::parse("never").unwrap()]);
        let channels = house.channels.keys().map(|id| format!("channel:{id}"));
        let topics = channels.chain(house.warehouses.keys().map(|id| format!("warehouse:{id}")));
        let both = topics.flat_map(|topic| [(topic.clone(), None), (topic, only())]);
        Self(both.map(|(topic, only)| Follower::new(topic, only)).collect())
    }

    /// Some readers take some steps, some leave and come back to their place.
    pub(crate) fn wander(&mut self, house: &House, rng: &mut fastrand::Rng) {
        for follower in &mut self.0 {
            for _ in 0..rng.u32(0..3) {
                follower.step(house, rng.usize(1..4));
            }
            if rng.u32(0..4) == 0 {
                follower.come_back();
            }
        }
    }

    /// Every reader catches up, and has what the house shows.
    pub(crate) fn check(&mut self, house: &House) {
        for follower in &mut self.0 {
            while follower.step(house, 3) {}
            follower.check(house);
        }
    }
}

impl Follower {
    fn new(topic: String, only: Option<Vec<Sku>>) -> Self {
        let reader = Reader::new(None, only.clone());
        Self { topic, only, reader, view: None, place: 0, table: BTreeMap::new() }
    }

    /// A connection that was lost between two frames; in the middle of a snapshot there is no place to come back to.
    fn come_back(&mut self) {
        let since = self.view.map(|_| self.place).filter(|place| *place == self.reader.place() && *place > 0);
        if since.is_none() {
            self.table.clear();
        }
        self.reader = Reader::new(since, self.only.clone());
    }

    fn step(&mut self, house: &House, most: usize) -> bool {
        let (kind, id) = self.topic.split_once(':').unwrap();
        let names = house.skus.names();
        let name = |id: SkuId| names.get(id).unwrap().clone();
        if kind == "channel" {
            let channel = house.channels.values().find(|channel| channel.spec.id.as_str() == id).unwrap();
            let topic = channel.feed.read(|latest| {
                self.take(latest, most, &names, |id, latest| vec![latest.get(id).unwrap().0.units()])
            });
            return self.apply(topic, name);
        }
        let warehouse = house.warehouses.values().find(|place| place.spec.id.as_str() == id).unwrap();
        let topic = warehouse.view.levels(|levels| {
            self.take(levels.latest(), most, &names, |id, _| {
                let level = levels.row(names.get(id).unwrap()).unwrap().level;
                vec![level.on_hand, level.reserved, level.allocated]
            })
        });
        self.apply(topic, name)
    }

    /// A step, with what its rows show in the same moment; another view is another beginning.
    fn take<V: Copy>(
        &mut self,
        latest: &Latest<V>,
        most: usize,
        names: &lagerd::feed::skus::Names<'_>,
        row: impl Fn(SkuId, &Latest<V>) -> Row,
    ) -> (Step, Vec<(SkuId, Row)>) {
        if self.view != Some(latest.view()) {
            self.view = Some(latest.view());
            self.reader = Reader::new(None, self.only.clone());
            self.place = 0;
            self.table.clear();
        }
        let step = self.reader.step(latest, names, most);
        let rows = match &step {
            Step::Page { rows, .. } | Step::Changes { rows, .. } => rows.as_slice(),
            Step::Done | Step::Again => &[],
        };
        let shown = rows.iter().map(|id| (*id, row(*id, latest))).collect();
        (step, shown)
    }

    fn apply(&mut self, (step, rows): (Step, Vec<(SkuId, Row)>), name: impl Fn(SkuId) -> Sku) -> bool {
        match step {
            Step::Done => return false,
            Step::Again => return true,
            Step::Page { offset, .. } | Step::Changes { offset, .. } => {
                assert!(offset >= self.place, "{}: from {} back to {offset}", self.topic, self.place);
                self.place = offset;
            }
        }
        self.table.extend(rows.into_iter().map(|(id, row)| (name(id).as_str().to_owned(), row)));
        true
    }

    fn check(&self, house: &House) {
        let now = house.now();
        let wanted =
            |sku: &&str| self.only.as_ref().is_none_or(|only| only.iter().any(|one| one.as_str() == *sku));
        let (kind, id) = self.topic.split_once(':').unwrap();
        let mut all = 0_u32;
        for sku in SKUS.iter().filter(|sku| wanted(sku)) {
            let name = Sku::parse(sku).unwrap();
            let row = if kind == "channel" {
                let channel = house.channels.values().find(|channel| channel.spec.id.as_str() == id).unwrap();
                let there =
                    channel.view.row(&name).is_some_and(|terms| terms.policy.backorder_limit.is_some())
                        || channel
                            .spec
                            .warehouses
                            .iter()
                            .any(|at| house.warehouses[at].view.row(&name).is_some());
                there.then(|| vec![house.available(&channel.spec.id, &name, now).unwrap().units])
            } else {
                let warehouse = house.warehouses.values().find(|place| place.spec.id.as_str() == id).unwrap();
                let row = warehouse.view.row(&name);
                row.map(|row| vec![row.level.on_hand, row.level.reserved, row.level.allocated])
            };
            assert_eq!(self.table.get(*sku), row.as_ref(), "{} of {sku}", self.topic);
            all = all.wrapping_add(row.map_or(0, |row| sum::of_row(sku, &row)));
        }
        if self.only.is_none() && kind == "channel" {
            let channel = house.channels.values().find(|channel| channel.spec.id.as_str() == id).unwrap();
            assert_eq!(channel.feed.read(|latest| latest.sum()), all, "the checksum of {}", self.topic);
        }
    }
}
