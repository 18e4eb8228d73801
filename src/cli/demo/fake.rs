//! A daemon in memory, so that the simulated people can be tested without a process: stock and reservations. `fake_desk`
//! has its orders.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value, json};

use super::fake_desk::Desk;
use super::merchant::CONFIG;
use crate::client::fake::Asked;

/// What it is told to do wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    None,
    /// Sells what is not there.
    Oversells,
    /// Answers that goods left, and keeps them.
    ForgetsShipments,
    /// Loses every tenth order.
    LosesOrders,
}

#[derive(Debug, Default, Clone)]
pub(super) struct Level {
    pub(super) on_hand: i64,
    pub(super) damaged: i64,
    pub(super) held: i64,
}

/// Units of a SKU at a warehouse.
pub(super) type Claim = (String, String, i64);

#[derive(Debug)]
struct Row {
    state: &'static str,
    cart: Option<(String, String)>,
    lines: Vec<Claim>,
}

/// Levels and reservations, and the desk.
#[derive(Debug)]
pub(super) struct Books {
    pub(super) fault: Fault,
    channels: HashMap<String, Vec<String>>,
    levels: BTreeMap<String, BTreeMap<String, Level>>,
    rows: HashMap<String, Row>,
    pub(super) desk: Desk,
}

/// Status and body.
pub(super) type Answer = (u16, Value);

impl Books {
    pub(super) fn new(fault: Fault) -> Self {
        let config: toml::Table = CONFIG.parse().unwrap();
        let text = |value: &toml::Value| value.as_str().unwrap().to_owned();
        let channels = config["channel"].as_array().unwrap().iter().map(|channel| {
            (text(&channel["id"]), channel["warehouses"].as_array().unwrap().iter().map(text).collect())
        });
        let channels = channels.collect();
        Self { fault, channels, levels: BTreeMap::new(), rows: HashMap::new(), desk: Desk::default() }
    }

    pub(super) fn answer(&mut self, asked: &Asked) -> Option<(u16, String)> {
        let (status, body) = self.decide(asked);
        Some((status, body.to_string()))
    }

    fn decide(&mut self, asked: &Asked) -> Answer {
        let (path, query) = asked.path.split_once('?').unwrap_or((&asked.path, ""));
        let parts: Vec<&str> = path.split('/').skip(2).collect();
        match (asked.method.as_str(), parts.as_slice()) {
            ("GET", ["stock"]) => {
                let items: Vec<Value> = self.levels.keys().map(|sku| self.stock(sku)).collect();
                (200, json!({ "items": items }))
            }
            ("GET", ["stock", sku]) => (200, self.stock(sku)),
            ("GET", ["channels", channel, "availability"]) => {
                let skus = query.split('&').filter_map(|part| part.strip_prefix("sku="));
                let items: Vec<Value> =
                    skus.map(|sku| json!({"sku": sku, "available": self.available(channel, sku)})).collect();
                (200, json!({ "items": items }))
            }
            ("POST", ["warehouses", warehouse, _]) => {
                let lines = asked.body["lines"].as_array().unwrap();
                lines.iter().for_each(|line| self.book(warehouse, line));
                let results: Vec<Value> = lines.iter().map(|_| json!({"status": "applied"})).collect();
                (200, json!({ "results": results }))
            }
            ("POST", ["reservations"]) => self.reserve(asked),
            ("DELETE", ["reservations", id]) => {
                self.end(id, "released");
                (200, self.tell(id))
            }
            (method, parts) => self.at_the_desk(method, parts, query, asked),
        }
    }

    pub(super) fn level(&mut self, warehouse: &str, sku: &str) -> &mut Level {
        self.levels.entry(sku.into()).or_default().entry(warehouse.into()).or_default()
    }

    fn stock(&self, sku: &str) -> Value {
        let levels = self.levels.get(sku).into_iter().flatten().map(|(warehouse, level)| {
            json!({"warehouse": warehouse, "on_hand": level.on_hand, "allocated": level.held,
                "unavailable": {"damaged": level.damaged}})
        });
        json!({"sku": sku, "levels": levels.collect::<Vec<_>>()})
    }

    fn free(&self, warehouse: &str, sku: &str) -> i64 {
        let level = self.levels.get(sku).and_then(|levels| levels.get(warehouse));
        level.map_or(0, |level| (level.on_hand - level.damaged - level.held).max(0))
    }

    fn available(&self, channel: &str, sku: &str) -> i64 {
        self.channels[channel].iter().map(|warehouse| self.free(warehouse, sku)).sum()
    }

    fn book(&mut self, warehouse: &str, line: &Value) {
        let level = self.level(warehouse, line["sku"].as_str().unwrap());
        let quantity = line["quantity"].as_i64().unwrap_or_default();
        match line["kind"].as_str() {
            None => level.on_hand = line["on_hand"].as_i64().unwrap(),
            Some("receive" | "return" | "adjust") => level.on_hand += quantity,
            Some("damage") => level.damaged += quantity,
            Some("scrap") => {
                assert_eq!(line["from"], "damaged");
                level.damaged -= quantity;
                level.on_hand -= quantity;
            }
            Some(other) => panic!("unexpected kind {other}"),
        }
    }

    fn reserve(&mut self, asked: &Asked) -> Answer {
        let channel = asked.body["channel"].as_str().unwrap();
        let cart = asked.body["cart"].as_str().map(|cart| (channel.to_owned(), cart.to_owned()));
        let held = |row: &Row| row.state == "reserved" && row.cart.is_some() && row.cart == cart;
        let old = self.rows.iter().find(|(_, row)| held(row)).map(|(id, _)| id.clone());
        if let Some(old) = &old {
            self.shift(&self.rows[old].lines.clone(), -1);
        }
        let Some(lines) = self.plan(channel, &wanted(&asked.body["lines"]), &[]) else {
            if let Some(old) = &old {
                self.shift(&self.rows[old].lines.clone(), 1);
            }
            return (409, json!({"code": "insufficient_stock"}));
        };
        old.iter().for_each(|id| drop(self.rows.remove(id)));
        let id = asked.id.clone().unwrap();
        self.shift(&lines, 1);
        self.rows.insert(id.clone(), Row { state: "reserved", cart, lines });
        (201, self.tell(&id))
    }

    /// Where the goods come from; `None` where there are not enough.
    pub(super) fn plan(
        &self,
        channel: &str,
        wanted: &[(String, i64)],
        without: &[String],
    ) -> Option<Vec<Claim>> {
        let mut lines = Vec::new();
        for (sku, quantity) in wanted {
            let mut left = *quantity;
            for warehouse in self.channels[channel].iter().filter(|place| !without.contains(place)) {
                let free = self.free(warehouse, sku);
                let take = if self.fault == Fault::Oversells { left } else { free.min(left) };
                left -= take;
                if take > 0 {
                    lines.push((sku.clone(), warehouse.clone(), take));
                }
            }
            if left > 0 {
                return None;
            }
        }
        Some(lines)
    }

    /// What a reservation holds; it holds nothing after.
    pub(super) fn end(&mut self, id: &str, state: &'static str) -> Vec<Claim> {
        let row = self.rows.get_mut(id).unwrap();
        assert_eq!(row.state, "reserved", "{state}");
        row.state = state;
        let lines = row.lines.clone();
        self.shift(&lines, -1);
        lines
    }

    pub(super) fn shift(&mut self, lines: &[Claim], sign: i64) {
        for (sku, warehouse, quantity) in lines {
            self.level(warehouse, sku).held += sign * quantity;
        }
    }

    fn tell(&self, id: &str) -> Value {
        let row = &self.rows[id];
        let lines: Vec<Value> = row.lines.iter().map(|(sku, warehouse, quantity)| {
            json!({"sku": sku, "warehouse": warehouse, "quantity": quantity})
        }).collect();
        json!({"reservation": id, "state": row.state, "lines": lines})
    }
}

/// SKUs and units of a body's lines.
pub(super) fn wanted(lines: &Value) -> Vec<(String, i64)> {
    let line = |line: &Value| (line["sku"].as_str().unwrap().to_owned(), line["quantity"].as_i64().unwrap());
    lines.as_array().unwrap().iter().map(line).collect()
}
