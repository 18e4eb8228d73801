//! What a file says of an order, or what is wrong with it and what would be right. Nothing of a person is ever repeated.

use serde_json::{Map, Value, json};

use super::count::units;
use super::kind::Bad;
use super::source::Record;

/// What is said of the order as a whole, as a text.
const TEXTS: [&str; 11] = [
    "placed_at",
    "reservation",
    "method",
    "pickup_at",
    "release_on",
    "promise_by",
    "prices",
    "customer_ref",
    "po_number",
    "campaign",
    "replaces",
];

/// As a whole number.
const NUMBERS: [&str; 2] = ["revision", "priority"];

/// As yes or no.
const FLAGS: [&str; 2] = ["ship_complete", "backorder"];

/// Its payment, and its sale over the counter: column and key.
const PAYMENT: [(&str, &str); 2] = [("payment", "state"), ("payment_ref", "ref")];
const FULFILLED: [(&str, &str); 2] = [("fulfilled_at_warehouse", "warehouse"), ("fulfilled_at", "at")];

/// Where it goes.
const ADDRESS: [&str; 11] = [
    "country",
    "postal_code",
    "name",
    "company",
    "street",
    "street2",
    "city",
    "region",
    "email",
    "phone",
    "note",
];

/// The columns an order file may have, in the order they are best written.
pub(super) const COLUMNS: [&str; 40] = [
    "order",
    "channel",
    "line",
    "sku",
    "quantity",
    "unit_price_minor",
    "currency",
    "country",
    "postal_code",
    "stock",
    "title",
    "tax_rate",
    "revision",
    "placed_at",
    "reservation",
    "method",
    "pickup_at",
    "payment",
    "payment_ref",
    "release_on",
    "promise_by",
    "ship_complete",
    "priority",
    "backorder",
    "prices",
    "customer_ref",
    "po_number",
    "campaign",
    "replaces",
    "fulfilled_at_warehouse",
    "fulfilled_at",
    "name",
    "company",
    "street",
    "street2",
    "city",
    "region",
    "email",
    "phone",
    "note",
];

/// An order ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ready {
    pub(super) channel: String,
    pub(super) number: String,
    pub(super) body: String,
}

impl Ready {
    /// An order that stands in one line as the daemon takes it; the daemon judges the rest.
    ///
    /// # Errors
    /// It has no number, or no channel and none is named for all.
    pub(super) fn of_object(mut object: Map<String, Value>, channel: Option<&str>) -> Result<Self, Bad> {
        if let (false, Some(channel)) = (object.contains_key("channel"), channel) {
            object.insert("channel".to_owned(), Value::from(channel));
        }
        let text = |key: &'static str| object.get(key).and_then(Value::as_str).map(str::to_owned);
        let number =
            text("order").ok_or_else(|| Bad::new("order", "is missing; every order needs a number"))?;
        let channel = text("channel").ok_or_else(no_channel)?;
        Ok(Self { channel, number, body: Value::Object(object).to_string() })
    }
}

fn no_channel() -> Bad {
    Bad::new("channel", "is empty; fill it, or name one for all with --channel")
}

/// An order that stands in several lines of a CSV file, as far as it was read.
#[derive(Debug)]
pub(super) struct Gathering {
    number: String,
    channel: Option<String>,
    /// What was said of the whole, by column, and in which line.
    head: Vec<(&'static str, String, u64)>,
    lines: Vec<Value>,
}

impl Gathering {
    /// The number of a line's order.
    ///
    /// # Errors
    /// There is none.
    pub(super) fn number(record: &Record) -> Result<String, Bad> {
        let number = record.field("order").map(str::to_owned);
        number.ok_or_else(|| Bad::new("order", "is empty; every line names its order"))
    }

    /// Begins an order.
    pub(super) fn new(number: String) -> Self {
        Self { number, channel: None, head: Vec::new(), lines: Vec::new() }
    }

    /// Whether a line belongs to it.
    pub(super) fn owns(&self, number: &str, record: &Record) -> bool {
        let other = |channel| self.channel.as_deref().is_some_and(|own| own != channel);
        self.number == number && !record.field("channel").is_some_and(other)
    }

    /// Takes a line in.
    ///
    /// # Errors
    /// The first column that is missing, wrong, or says something else than a line before.
    pub(super) fn take(&mut self, record: &Record, line: u64) -> Result<(), Bad> {
        self.channel = self.channel.take().or_else(|| record.field("channel").map(str::to_owned));
        let goods = self.goods(record)?;
        self.lines.push(goods);
        let payment = PAYMENT.iter().chain(&FULFILLED).map(|(column, _)| *column);
        let whole = TEXTS.iter().chain(&NUMBERS).chain(&FLAGS).chain(&ADDRESS).copied().chain(payment);
        for column in whole {
            let Some(text) = record.field(column) else { continue };
            match self.head.iter().find(|(known, ..)| *known == column) {
                None => self.head.push((column, text.to_owned(), line)),
                Some((_, said, _)) if said == text => {}
                Some((.., before)) => {
                    return Err(Bad::new(
                        column,
                        format!("says something else than line {before} of its order"),
                    ));
                }
            }
        }
        Ok(())
    }

    fn goods(&self, record: &Record) -> Result<Value, Bad> {
        let given = |column| record.field(column);
        let mut line = Map::new();
        let own = (self.lines.len() + 1).to_string();
        line.insert("line".to_owned(), Value::from(given("line").unwrap_or(&own)));
        let stock = given("stock").map(|text| flag("stock", text)).transpose()?;
        if let Some(stock) = stock {
            line.insert("stock".to_owned(), Value::from(stock));
        }
        match given("sku") {
            Some(sku) => drop(line.insert("sku".to_owned(), Value::from(sku))),
            None if stock == Some(false) => {}
            None => {
                return Err(Bad::new("sku", "is empty; goods need one, anything else says false in stock"));
            }
        }
        let quantity =
            given("quantity").ok_or_else(|| Bad::new("quantity", "is empty; a line needs whole units"))?;
        line.insert("quantity".to_owned(), Value::from(units("quantity", quantity)?));
        match (given("unit_price_minor"), given("currency")) {
            (Some(amount), Some(currency)) => {
                let amount = units("unit_price_minor", amount)?;
                let price = json!({"amount_minor": amount, "currency": currency});
                line.insert("unit_price".to_owned(), price);
            }
            (Some(_), None) => return Err(Bad::new("currency", "is empty; a price needs one, such as EUR")),
            (None, _) => {}
        }
        for column in ["title", "tax_rate"] {
            if let Some(text) = given(column) {
                line.insert(column.to_owned(), Value::from(text));
            }
        }
        Ok(Value::Object(line))
    }

    /// The order, once its last line was taken in.
    ///
    /// # Errors
    /// What is said of the whole can't be.
    pub(super) fn ready(self, channel: Option<&str>) -> Result<Ready, Bad> {
        let channel = self.channel.or_else(|| channel.map(str::to_owned)).ok_or_else(no_channel)?;
        let said = |column: &str| {
            self.head.iter().find(|(known, ..)| *known == column).map(|(_, text, _)| text.as_str())
        };
        let mut body = Map::new();
        let mut put = |key: &str, value: Value| drop(body.insert(key.to_owned(), value));
        put("order", Value::from(self.number.as_str()));
        put("channel", Value::from(channel.as_str()));
        for column in TEXTS {
            if let Some(text) = said(column) {
                put(column, Value::from(text));
            }
        }
        for column in NUMBERS {
            if let Some(text) = said(column) {
                put(column, Value::from(units(column, text)?));
            }
        }
        for column in FLAGS {
            if let Some(text) = said(column) {
                put(column, Value::from(flag(column, text)?));
            }
        }
        let part = |keys: &[(&'static str, &str)]| {
            let told =
                keys.iter().filter_map(|(column, key)| Some(((*key).to_owned(), Value::from(said(column)?))));
            Some(told.collect::<Map<_, _>>()).filter(|part| !part.is_empty()).map(Value::Object)
        };
        let address = ADDRESS.map(|column| (column, column));
        for (key, part) in
            [("payment", part(&PAYMENT)), ("fulfilled", part(&FULFILLED)), ("ship_to", part(&address))]
        {
            if let Some(part) = part {
                put(key, part);
            }
        }
        put("lines", Value::Array(self.lines));
        Ok(Ready { channel, number: self.number, body: Value::Object(body).to_string() })
    }
}

fn flag(column: &'static str, text: &str) -> Result<bool, Bad> {
    match text {
        "true" | "yes" | "1" => Ok(true),
        "false" | "no" | "0" => Ok(false),
        _ => Err(Bad::new(column, "is neither true nor false")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(line: &[(&str, &str)]) -> Record {
        let columns: Vec<String> = line.iter().map(|(name, _)| (*name).to_owned()).collect();
        Record::Fields(columns.into(), line.iter().map(|(_, text)| (*text).to_owned()).collect())
    }

    fn gather(lines: &[Record]) -> Result<Ready, Bad> {
        let mut order = Gathering::new(Gathering::number(&lines[0]).unwrap());
        for (number, line) in (2..).zip(lines) {
            assert!(order.owns(&Gathering::number(line).unwrap(), line));
            order.take(line, number)?;
        }
        order.ready(Some("web-de"))
    }

    /// Lines come together as one order as the daemon takes it; what is said once counts for the whole.
    #[test]
    fn lines_make_an_order() {
        let first = record(&[
            ("order", "o-1"),
            ("sku", "TEE-M"),
            ("quantity", "2"),
            ("unit_price_minor", "1999"),
            ("currency", "EUR"),
            ("country", "DE"),
            ("revision", "3"),
            ("payment", "paid"),
            ("backorder", "no"),
        ]);
        let second = record(&[
            ("order", "o-1"),
            ("line", "fee"),
            ("stock", "false"),
            ("quantity", "1"),
            ("country", "DE"),
        ]);
        let ready = gather(&[first, second]).unwrap();
        assert_eq!((ready.channel.as_str(), ready.number.as_str()), ("web-de", "o-1"));
        let expected = json!({
            "order": "o-1", "channel": "web-de", "revision": 3, "backorder": false,
            "payment": {"state": "paid"}, "ship_to": {"country": "DE"},
            "lines": [
                {"line": "1", "sku": "TEE-M", "quantity": 2, "unit_price": {"amount_minor": 1999, "currency": "EUR"}},
                {"line": "fee", "stock": false, "quantity": 1},
            ],
        });
        assert_eq!(serde_json::from_str::<Value>(&ready.body).unwrap(), expected);
    }

    /// What is wrong is named by its column, and what stands there is not repeated where it may be of a person.
    #[test]
    fn wrong_orders() {
        let line = |more: &[(&str, &str)]| {
            let mut all = vec![("order", "o-1"), ("sku", "A"), ("quantity", "1")];
            all.retain(|(name, _)| !more.iter().any(|(other, _)| other == name));
            all.extend(more);
            record(&all)
        };
        let column = |lines: &[Record]| gather(lines).unwrap_err().column;
        assert_eq!(column(&[line(&[("sku", "")])]), "sku");
        assert_eq!(column(&[line(&[("quantity", "1.5")])]), "quantity");
        assert_eq!(column(&[line(&[("unit_price_minor", "100")])]), "currency");
        assert_eq!(column(&[line(&[("priority", "high")])]), "priority");
        assert_eq!(column(&[line(&[("ship_complete", "maybe")])]), "ship_complete");
        let bad = gather(&[line(&[("name", "Canary A")]), line(&[("name", "Canary B")])]).unwrap_err();
        assert_eq!((bad.column, bad.told.contains("Canary")), ("name", false), "{bad:?}");
        assert_eq!(Gathering::number(&record(&[("order", " ")])).unwrap_err().column, "order");
        assert_eq!(Ready::of_object(Map::new(), Some("web-de")).unwrap_err().column, "order");
        let Value::Object(object) = json!({"order": "o-1"}) else { panic!("an object") };
        assert_eq!(Ready::of_object(object.clone(), None).unwrap_err().column, "channel");
        let ready = Ready::of_object(object, Some("web-de")).unwrap();
        assert_eq!(ready.body, "{\"channel\":\"web-de\",\"order\":\"o-1\"}");
    }

    /// Another channel's order of the same number is another order.
    #[test]
    fn channels_part_orders() {
        let mut order = Gathering::new("o-1".to_owned());
        let of = |channel| record(&[("order", "o-1"), ("channel", channel), ("sku", "A"), ("quantity", "1")]);
        order.take(&of("ebay"), 2).unwrap();
        assert!(order.owns("o-1", &of("")) && order.owns("o-1", &of("ebay")));
        assert!(!order.owns("o-1", &of("amazon")) && !order.owns("o-2", &of("ebay")));
    }

    /// Every column that is read is one that is told.
    #[test]
    fn columns_are_told() {
        let whole = TEXTS.iter().chain(&NUMBERS).chain(&FLAGS).chain(&ADDRESS).copied();
        let pairs = PAYMENT.iter().chain(&FULFILLED).map(|(column, _)| *column);
        assert!(whole.chain(pairs).all(|column| COLUMNS.contains(&column)));
    }
}
