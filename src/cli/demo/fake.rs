//! A daemon in memory, so that the simulated people can be tested without a process.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value, json};

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
}

#[derive(Debug, Default, Clone)]
struct Level {
    on_hand: i64,
    damaged: i64,
    held: i64,
}

#[derive(Debug)]
struct Row {
    state: &'static str,
    cart: Option<(String, String)>,
    lines: Vec<(String, String, i64)>,
}

/// Levels and reservations.
#[derive(Debug)]
pub(super) struct Books {
    fault: Fault,
    channels: HashMap<String, Vec<String>>,
    levels: BTreeMap<String, BTreeMap<String, Level>>,
    rows: HashMap<String, Row>,
}

type Answer = Option<(u16, String)>;

impl Books {
    pub(super) fn new(fault: Fault) -> Self {
        let config: toml::Table = CONFIG.parse().unwrap();
        let text = |value: &toml::Value| value.as_str().unwrap().to_owned();
        let channels = config["channel"].as_array().unwrap().iter().map(|channel| {
            (text(&channel["id"]), channel["warehouses"].as_array().unwrap().iter().map(text).collect())
        });
        Self { fault, channels: channels.collect(), levels: BTreeMap::new(), rows: HashMap::new() }
    }

    pub(super) fn answer(&mut self, asked: &Asked) -> Answer {
        let path = asked.path.split('?').next().unwrap();
        let parts: Vec<&str> = path.split('/').skip(2).collect();
        match (asked.method.as_str(), parts.as_slice()) {
            ("GET", ["stock"]) => {
                let items: Vec<Value> = self.levels.keys().map(|sku| self.stock(sku)).collect();
                Some((200, json!({ "items": items }).to_string()))
            }
            ("GET", ["stock", sku]) => Some((200, self.stock(sku).to_string())),
            ("POST", ["warehouses", warehouse, _]) => {
                self.book(warehouse, &asked.body["lines"][0].clone());
                let lines = asked.body["lines"].as_array().unwrap();
                lines.iter().skip(1).for_each(|line| self.book(warehouse, line));
                let results: Vec<Value> = lines.iter().map(|_| json!({"status": "applied"})).collect();
                Some((200, json!({ "results": results }).to_string()))
            }
            ("POST", ["reservations"]) => self.reserve(asked),
            ("POST", ["reservations", id, step]) => self.step(id, step),
            ("DELETE", ["reservations", id]) => self.step(id, "release"),
            _ => panic!("unexpected {asked:?}"),
        }
    }

    fn level(&mut self, warehouse: &str, sku: &str) -> &mut Level {
        self.levels.entry(sku.into()).or_default().entry(warehouse.into()).or_default()
    }

    fn stock(&self, sku: &str) -> Value {
        let levels = self.levels.get(sku).into_iter().flatten().map(|(warehouse, level)| {
            json!({"warehouse": warehouse, "on_hand": level.on_hand, "unavailable": {"damaged": level.damaged}})
        });
        json!({"sku": sku, "levels": levels.collect::<Vec<_>>()})
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
        let old = self.rows.iter().find(|(_, row)| row.state == "reserved" && row.cart == cart);
        let old = old.map(|(id, _)| id.clone());
        old.iter().for_each(|id| self.shift(id, -1));
        let lines = self.plan(channel, &asked.body["lines"]);
        let Some(lines) = lines else {
            old.iter().for_each(|id| self.shift(id, 1));
            return Some((409, json!({"code": "insufficient_stock"}).to_string()));
        };
        old.iter().for_each(|id| drop(self.rows.remove(id)));
        let id = asked.id.clone().unwrap();
        self.rows.insert(id.clone(), Row { state: "reserved", cart, lines });
        self.shift(&id, 1);
        Some((201, self.tell(&id)))
    }

    fn plan(&self, channel: &str, wanted: &Value) -> Option<Vec<(String, String, i64)>> {
        let mut lines = Vec::new();
        for line in wanted.as_array().unwrap() {
            let (sku, mut left) = (line["sku"].as_str().unwrap(), line["quantity"].as_i64().unwrap());
            for warehouse in &self.channels[channel] {
                let level = self.levels.get(sku).and_then(|levels| levels.get(warehouse));
                let free = level.map_or(0, |level| (level.on_hand - level.damaged - level.held).max(0));
                let free = if self.fault == Fault::Oversells { left } else { free };
                let take = free.min(left);
                left -= take;
                if take > 0 {
                    lines.push((sku.to_owned(), warehouse.clone(), take));
                }
            }
            if left > 0 {
                return None;
            }
        }
        Some(lines)
    }

    fn step(&mut self, id: &str, step: &str) -> Answer {
        let (from, to) = match step {
            "allocate" => ("reserved", "allocated"),
            "ship" => ("allocated", "shipped"),
            _ => ("reserved", "released"),
        };
        assert_eq!(self.rows[id].state, from, "{step}");
        if to != "allocated" {
            self.shift(id, -1);
        }
        if to == "shipped" && self.fault != Fault::ForgetsShipments {
            for (sku, warehouse, quantity) in self.rows[id].lines.clone() {
                self.level(&warehouse, &sku).on_hand -= quantity;
            }
        }
        self.rows.get_mut(id).unwrap().state = to;
        Some((200, self.tell(id)))
    }

    fn shift(&mut self, id: &str, sign: i64) {
        for (sku, warehouse, quantity) in self.rows[id].lines.clone() {
            self.level(&warehouse, &sku).held += sign * quantity;
        }
    }

    fn tell(&self, id: &str) -> String {
        let row = &self.rows[id];
        let lines: Vec<Value> = row.lines.iter().map(|(sku, warehouse, quantity)| {
            json!({"sku": sku, "warehouse": warehouse, "quantity": quantity})
        }).collect();
        json!({"reservation": id, "state": row.state, "lines": lines}).to_string()
    }
}
