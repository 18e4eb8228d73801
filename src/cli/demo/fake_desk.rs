//! The fake's orders, returns, transfers and receipts.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value, json};

use super::fake::{Answer, Books, Claim, Fault, wanted};
use crate::client::fake::Asked;

#[derive(Debug, Clone)]
struct Part {
    id: String,
    warehouse: String,
    state: &'static str,
    /// SKU and units.
    lines: Vec<(String, i64)>,
}

#[derive(Debug, Clone)]
struct Order {
    number: String,
    channel: String,
    pickup: bool,
    lines: Vec<(String, i64)>,
    parts: Vec<Part>,
    /// What waits, and where.
    waits: Vec<Claim>,
    blocked: Vec<String>,
    cancelled: bool,
    unpaid: bool,
}

/// Goods on their way: where to, where from, and what.
#[derive(Debug, Clone)]
struct Move {
    to: String,
    from: String,
    lines: Vec<(String, i64)>,
}

/// Documents by id.
#[derive(Debug, Default)]
pub(super) struct Desk {
    orders: BTreeMap<String, Order>,
    ids: HashMap<(String, String), String>,
    /// Returns, transfers and receipts.
    moves: HashMap<String, Move>,
}

const OPEN: [&str; 6] = ["on_hold", "requested", "accepted", "picked", "packed", "ready_for_pickup"];
const LEFT: [&str; 3] = ["shipped", "delivered", "collected"];

fn illegal() -> Answer {
    (409, json!({"code": "illegal_step"}))
}

impl Books {
    pub(super) fn at_the_desk(&mut self, method: &str, parts: &[&str], query: &str, asked: &Asked) -> Answer {
        match (method, parts) {
            ("POST", ["orders"]) => self.place(&asked.body),
            ("GET", ["orders"]) => {
                let lost = |at: usize| self.fault == Fault::LosesOrders && at.is_multiple_of(10);
                let archived = query.contains("archived=true");
                let all = self.desk.orders.keys().enumerate().filter(|(at, _)| archived && !lost(*at));
                let orders: Vec<Value> = all.map(|(_, id)| self.order(id)).collect();
                (200, json!({ "orders": orders }))
            }
            ("GET", ["orders", id]) => (200, self.order(id)),
            ("POST", ["orders", id, "cancel"]) => self.cancel(id),
            ("POST", ["orders", id, "payment"]) if asked.body["state"] == "failed" => self.cancel(id),
            ("POST", ["orders", id, "payment"]) => {
                let order = self.desk.orders.get_mut(*id).unwrap();
                order.unpaid = false;
                order
                    .parts
                    .iter_mut()
                    .filter(|part| part.state == "on_hold")
                    .for_each(|part| part.state = "requested");
                (200, self.order(id))
            }
            ("POST", ["orders", id, _]) => (200, self.order(id)),
            ("GET", ["fulfilments"]) => {
                let asked: HashMap<&str, &str> =
                    query.split('&').filter_map(|part| part.split_once('=')).collect();
                let wanted =
                    |part: &Part| part.warehouse == asked["warehouse"] && part.state == asked["state"];
                let orders = self.desk.orders.iter();
                let all =
                    orders.flat_map(|(id, order)| order.parts.iter().map(move |part| (id, order, part)));
                let found: Vec<Value> = all
                    .filter(|(.., part)| wanted(part))
                    .map(|(id, order, part)| tell(id, order, part))
                    .collect();
                (200, json!({ "fulfilments": found }))
            }
            ("POST", ["fulfilments", part, verb]) => self.step(part, verb, &asked.body),
            (_, [kind @ ("returns" | "transfers" | "inbound"), rest @ ..]) => self.moved(kind, rest, asked),
            _ => panic!("unexpected {asked:?}"),
        }
    }

    fn place(&mut self, body: &Value) -> Answer {
        let text = |key: &str| body[key].as_str().map(str::to_owned);
        let (number, channel) = (text("order").unwrap(), text("channel").unwrap());
        let key = (channel.clone(), number.clone());
        if let Some(id) = self.desk.ids.get(&key) {
            let mut told = self.order(id);
            told["superseded"] = json!(body["revision"] == 1);
            return (201, told);
        }
        let lines = wanted(&body["lines"]);
        let told = ["ebay", "amazon", "app"].contains(&channel.as_str());
        let held = text("reservation").map(|id| self.end(&id, "ordered"));
        let mut order = Order {
            number,
            channel: channel.clone(),
            pickup: body["method"] == "pickup",
            lines: lines.clone(),
            parts: Vec::new(),
            waits: Vec::new(),
            blocked: Vec::new(),
            cancelled: false,
            unpaid: body["payment"]["state"] == "pending",
        };
        let id = format!("00-{:06}", self.desk.orders.len());
        if let Some(warehouse) = body["fulfilled"]["warehouse"].as_str() {
            for (sku, quantity) in &lines {
                self.level(warehouse, sku).on_hand -= quantity;
            }
            let part =
                Part { id: format!("{id}-f1"), warehouse: warehouse.to_owned(), state: "collected", lines };
            order.parts.push(part);
        } else {
            let elsewhere: Vec<String> = match text("pickup_at") {
                Some(place) => ["BER", "STORE-BERLIN", "STORE-WIEN", "STORE-ZUERICH"]
                    .into_iter()
                    .filter(|other| *other != place)
                    .map(str::to_owned)
                    .collect(),
                None => Vec::new(),
            };
            let plan = held.or_else(|| self.plan(&channel, &lines, &elsewhere));
            match plan {
                Some(plan) => self.promise(&id, &mut order, plan),
                None if told && !order.pickup => {
                    let waits = lines.into_iter().map(|(sku, quantity)| (sku, "HAM".to_owned(), quantity));
                    order.waits = waits.collect();
                }
                None => return (409, json!({"code": "insufficient_stock"})),
            }
        }
        self.desk.ids.insert(key, id.clone());
        self.desk.orders.insert(id.clone(), order);
        (201, self.order(&id))
    }

    fn promise(&mut self, id: &str, order: &mut Order, plan: Vec<Claim>) {
        self.shift(&plan, 1);
        let state = if order.unpaid { "on_hold" } else { "requested" };
        for (sku, warehouse, quantity) in plan {
            let open = order.parts.iter_mut().find(|part| part.warehouse == warehouse && part.state == state);
            match open {
                Some(part) => part.lines.push((sku, quantity)),
                None => order.parts.push(Part {
                    id: format!("{id}-f{}", order.parts.len() + 1),
                    warehouse,
                    state,
                    lines: vec![(sku, quantity)],
                }),
            }
        }
    }

    /// Another place for units that have none, or they wait.
    fn elsewhere(&mut self, id: &str, lines: &[(String, i64)]) {
        let mut order = self.desk.orders[id].clone();
        match self.plan(&order.channel, lines, &order.blocked) {
            Some(plan) => self.promise(id, &mut order, plan),
            None => {
                let waits = lines.iter().map(|(sku, quantity)| (sku.clone(), "HAM".to_owned(), *quantity));
                order.waits.extend(waits);
            }
        }
        self.desk.orders.insert(id.to_owned(), order);
    }

    fn cancel(&mut self, id: &str) -> Answer {
        let mut order = self.desk.orders[id].clone();
        let mut any = !order.waits.is_empty();
        for part in order.parts.iter_mut().filter(|part| OPEN.contains(&part.state)) {
            self.give_back(part);
            part.state = "cancelled";
            any = true;
        }
        order.waits.clear();
        order.cancelled |= any;
        self.desk.orders.insert(id.to_owned(), order);
        if any { (200, self.order(id)) } else { illegal() }
    }

    fn give_back(&mut self, part: &Part) {
        for (sku, quantity) in &part.lines {
            self.level(&part.warehouse, sku).held -= quantity;
        }
    }

    fn step(&mut self, part: &str, verb: &str, body: &Value) -> Answer {
        let (id, _) = part.rsplit_once('-').unwrap();
        let at = self.desk.orders[id].parts.iter().position(|known| known.id == part).unwrap();
        let known = self.desk.orders[id].parts[at].clone();
        let open = OPEN.contains(&known.state);
        let next = match verb {
            "accept" if known.state == "requested" => "accepted",
            "pick" if open => "picked",
            "pack" if open => "packed",
            "ready" if open => "ready_for_pickup",
            "ship" if open => "shipped",
            "collect" if open => "collected",
            "carrier" if LEFT.contains(&known.state) && body["event"] == "delivered" => "delivered",
            "carrier" if LEFT.contains(&known.state) => known.state,
            "reject" if open => "rejected",
            "uncollected" if open => "cancelled",
            "short_pick" if open => known.state,
            _ => return illegal(),
        };
        match verb {
            "ship" | "collect" => {
                for (sku, quantity) in &known.lines {
                    let forgets = self.fault == Fault::ForgetsShipments;
                    let level = self.level(&known.warehouse, sku);
                    level.held -= quantity;
                    level.on_hand -= if forgets { 0 } else { *quantity };
                }
            }
            "reject" | "uncollected" => self.give_back(&known),
            _ => {}
        }
        let order = self.desk.orders.get_mut(id).unwrap();
        order.parts[at].state = next;
        match verb {
            "reject" => {
                order.blocked.push(known.warehouse.clone());
                self.elsewhere(id, &known.lines);
            }
            "short_pick" => self.miss(id, at, body),
            _ => {}
        }
        let order = &self.desk.orders[id];
        (200, tell(id, order, &order.parts[at]))
    }

    fn miss(&mut self, id: &str, at: usize, body: &Value) {
        let line: usize = body["lines"][0]["line"].as_str().unwrap().parse().unwrap();
        let order = self.desk.orders.get_mut(id).unwrap();
        let (sku, warehouse) = (order.lines[line - 1].0.clone(), order.parts[at].warehouse.clone());
        let units = order.parts[at].lines.iter_mut().find(|(known, _)| *known == sku).unwrap();
        units.1 -= 1;
        order.parts[at].lines.retain(|(_, quantity)| *quantity > 0);
        if order.parts[at].lines.is_empty() {
            order.parts[at].state = "cancelled";
        }
        order.blocked.push(warehouse.clone());
        let level = self.level(&warehouse, &sku);
        level.held -= 1;
        if body["damaged"] == true {
            level.damaged += 1
        } else {
            level.on_hand -= 1
        }
        self.elsewhere(id, &[(sku, 1)]);
    }

    fn moved(&mut self, kind: &str, rest: &[&str], asked: &Asked) -> Answer {
        let body = &asked.body;
        let text = |key: &str| body[key].as_str().unwrap_or_default().to_owned();
        let [id, verb] = rest else {
            let id = format!("{kind}-{}", self.desk.moves.len());
            let (to, lines) = match kind {
                "returns" => {
                    let line: usize = body["lines"][0]["line"].as_str().unwrap().parse().unwrap();
                    let sku = self.desk.orders[&text("order")].lines[line - 1].0.clone();
                    (text("warehouse"), vec![(sku, 1)])
                }
                "transfers" => (text("to"), wanted(&body["lines"])),
                _ => (text("warehouse"), wanted(&body["lines"])),
            };
            let mut state = "announced";
            if kind == "transfers" {
                let claim: Vec<Claim> =
                    lines.iter().map(|(sku, quantity)| (sku.clone(), text("from"), *quantity)).collect();
                state = "allocated";
                self.shift(&claim, 1);
            }
            self.desk.moves.insert(id.clone(), Move { to, from: text("from"), lines });
            return (201, json!({"return": id, "transfer": id, "inbound": id, "state": state}));
        };
        let Move { to, from, lines } = self.desk.moves[*id].clone();
        for (sku, quantity) in &lines {
            match *verb {
                "ship" => {
                    let level = self.level(&from, sku);
                    level.held -= quantity;
                    level.on_hand -= quantity;
                }
                "receive" => self.level(&to, sku).on_hand += quantity,
                _ => {
                    let found = &body["lines"][0];
                    let units = |key: &str| found[key].as_i64().unwrap();
                    let level = self.level(&to, sku);
                    level.damaged += units("damaged");
                    level.on_hand -= units("scrap");
                }
            }
        }
        self.serve();
        (200, json!({"return": id, "transfer": id, "inbound": id, "state": "received"}))
    }

    /// Orders that wait get what has come.
    fn serve(&mut self) {
        let waiting: Vec<String> = self
            .desk
            .orders
            .iter()
            .filter(|(_, order)| !order.waits.is_empty())
            .map(|(id, _)| id.clone())
            .collect();
        for id in waiting {
            let mut order = self.desk.orders[&id].clone();
            for (sku, warehouse, quantity) in std::mem::take(&mut order.waits) {
                let level = self.level(&warehouse, &sku).clone();
                let claim = (sku, warehouse, quantity);
                if level.on_hand - level.damaged - level.held >= quantity {
                    self.promise(&id, &mut order, vec![claim]);
                } else {
                    order.waits.push(claim);
                }
            }
            self.desk.orders.insert(id, order);
        }
    }

    fn order(&self, id: &str) -> Value {
        let order = &self.desk.orders[id];
        let units = |sku: &str, states: &[&str]| -> i64 {
            let parts = order.parts.iter().filter(|part| states.contains(&part.state));
            parts
                .flat_map(|part| &part.lines)
                .filter(|(known, _)| known == sku)
                .map(|(_, quantity)| *quantity)
                .sum()
        };
        let line = |(at, (sku, ordered)): (usize, &(String, i64))| {
            let (allocated, shipped) = (units(sku, &OPEN), units(sku, &LEFT));
            let waits: i64 =
                order.waits.iter().filter(|(known, ..)| known == sku).map(|(.., quantity)| *quantity).sum();
            let cancelled = ordered - allocated - shipped - waits;
            json!({"line": at.to_string(), "sku": sku, "ordered": ordered, "allocated": allocated,
                "shipped": shipped, "backordered": waits, "cancelled": cancelled})
        };
        let lines: Vec<Value> = (1..).zip(&order.lines).map(line).collect();
        let parts: Vec<Value> = order.parts.iter().map(|part| tell(id, order, part)).collect();
        let at = |sku: &str| 1 + order.lines.iter().position(|(known, _)| known == sku).unwrap();
        let waits: Vec<Value> = order.waits.iter().map(|(sku, warehouse, quantity)| {
            json!({"line": at(sku).to_string(), "warehouse": warehouse, "waiting": quantity})
        }).collect();
        let state = if order.cancelled { "cancelled" } else { "accepted" };
        json!({"order": order.number, "id": id, "channel": order.channel, "state": state, "lines": lines,
            "fulfilments": parts, "waits": waits})
    }
}

fn tell(id: &str, order: &Order, part: &Part) -> Value {
    let at = |sku: &str| 1 + order.lines.iter().position(|(known, _)| known == sku).unwrap();
    let line = |(sku, quantity): &(String, i64)| json!({"line": at(sku).to_string(), "sku": sku, "quantity": quantity});
    let lines: Vec<Value> = part.lines.iter().map(line).collect();
    json!({"fulfilment": part.id, "warehouse": part.warehouse, "state": part.state, "lines": lines,
        "order": order.number, "order_id": id, "channel": order.channel,
        "method": if order.pickup { "pickup" } else { "ship" }})
}
