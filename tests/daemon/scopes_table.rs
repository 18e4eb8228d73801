//! Who may do what: every route, every command and every topic with the scopes that open it.

use crate::scopes_world::About;

/// Who may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Open {
    /// Everybody, also without a token.
    Everybody,
    /// Whoever has one of these scopes, and `admin`.
    To(&'static [&'static str]),
}

/// One route, and the command it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row {
    /// The verb and the path, as the OpenAPI document names them.
    pub(crate) route: (&'static str, &'static str),
    /// What the command is called over the socket and the broker; empty where it is none.
    pub(crate) verb: &'static str,
    /// What it is about.
    pub(crate) about: About,
    /// What is sent: a query behind `?`, or a body. `{n}` is a number nothing had before, `{now}` the time, `{about}`
    /// the name of what it is about.
    pub(crate) sent: &'static str,
    /// Who may.
    pub(crate) open: Open,
    /// Who may ask, and is shown nothing: those of other channels and warehouses.
    pub(crate) nothing_for: &'static [&'static str],
}

const fn row(method: &'static str, path: &'static str, open: &'static [&'static str]) -> Row {
    Row {
        route: (method, path),
        verb: "",
        about: About::Nothing,
        sent: "",
        open: Open::To(open),
        nothing_for: &[],
    }
}

const fn public(path: &'static str) -> Row {
    Row { open: Open::Everybody, ..row("get", path, &[]) }
}

impl Row {
    const fn verb(self, verb: &'static str) -> Self {
        Self { verb, ..self }
    }

    const fn about(self, about: About) -> Self {
        Self { about, ..self }
    }

    const fn sent(self, sent: &'static str) -> Self {
        Self { sent, ..self }
    }

    const fn nothing_for(self, nothing_for: &'static [&'static str]) -> Self {
        Self { nothing_for, ..self }
    }

    const fn order(self, verb: &'static str) -> Self {
        self.verb(verb).about(About::Order)
    }

    /// Whether somebody with this one scope may.
    pub(crate) fn lets(&self, scope: &str) -> bool {
        match self.open {
            Open::Everybody => true,
            Open::To(scopes) => scope == "admin" || scopes.contains(&scope),
        }
    }

    /// Whether who may not see what it is about is told that it is not there.
    pub(crate) fn hides(&self) -> bool {
        ["{order}", "{fulfilment}", "{return}", "{transfer}", "{inbound}"]
            .iter()
            .any(|name| self.route.1.contains(name))
    }
}

const SELL: &[&str] = &["sell:web"];
const KEEP: &[&str] = &["stock:BER"];
const WORK: &[&str] = &["fulfil:BER"];
const SALES: &[&str] = &["read:*", "read:web", "sell:web"];
const ADMIN: &[&str] = &[];

/// Topics of the feed, and who may follow them.
pub(crate) const TOPICS: [(&str, &[&str]); 5] = [
    ("channel:web", &["read:*", "read:web"]),
    ("warehouse:BER", &["read:*", "stock:BER"]),
    ("work:BER", &["read:*", "fulfil:BER"]),
    ("orders", &["read:*"]),
    ("alerts", &["read:*"]),
];

/// The feed itself is opened to everybody, who then says who he is or goes; what it does then stands in the other rows.
pub(crate) const FEED: &str = "/v1/feed";

/// Every route.
pub(crate) fn rows() -> Vec<Row> {
    [of_the_daemon(), of_stock(), of_reservations(), of_orders(), of_work(), of_documents()].concat()
}

fn of_the_daemon() -> Vec<Row> {
    vec![
        public("/livez"),
        public("/readyz"),
        public("/openapi.json"),
        public("/asyncapi.yaml"),
        public("/asyncapi.json"),
        public("/lagerd.js"),
        public("/ui"),
        public("/ui/"),
        public("/ui/{file}"),
        public("/track/{token}").about(About::Link).sent("?format=json"),
        row("get", "/metrics", &["read:*"]),
        row("get", "/v1/alerts", &["read:*"]),
        row("get", "/v1/overview", &["read:*"]),
        row("post", "/v1/replay", ADMIN).sent(r#"{"queue":"erp","since":"{now}"}"#),
    ]
}

fn of_stock() -> Vec<Row> {
    const GOODS: &[&str] = &[
        "read:*",
        "read:web",
        "read:solo",
        "sell:web",
        "sell:solo",
        "stock:BER",
        "stock:HAM",
        "fulfil:BER",
        "fulfil:HAM",
    ];
    vec![
        row("get", "/v1/stock", &["read:*"]),
        row("get", "/v1/stock/{sku}", &["read:*"]),
        row("get", "/v1/stock/{sku}/history", &["read:*", "stock:BER"]).sent("?warehouse=BER"),
        row("get", "/v1/channels/{channel}/availability", &["read:*", "read:web"]).sent("?sku=A"),
        row("get", "/v1/channels/{channel}/refused-demand", &["read:*", "read:web"]),
        row("get", "/v1/channels/{channel}/work", SELL).verb("work"),
        row("put", "/v1/channels/{channel}/acknowledged", SELL)
            .verb("acknowledge")
            .sent(r#"{"items":[{"sku":"A","available":5}]}"#),
        row("put", "/v1/channels/{channel}/policies", ADMIN)
            .verb("channel_policies")
            .sent(r#"{"lines":[{"sku":"B","buffer":1}]}"#),
        row("post", "/v1/warehouses/{warehouse}/movements", KEEP)
            .verb("movements")
            .sent(r#"{"lines":[{"sku":"A","kind":"receive","quantity":1}]}"#),
        row("post", "/v1/warehouses/{warehouse}/counts", KEEP)
            .verb("counts")
            .sent(r#"{"source":"erp","as_of":"{now}","lines":[{"sku":"C{n}","on_hand":1}]}"#),
        row("put", "/v1/warehouses/{warehouse}/policies", KEEP)
            .verb("stock_policies")
            .sent(r#"{"lines":[{"sku":"B","safety_stock":1}]}"#),
        row("put", "/v1/items/{sku}", &["stock:BER", "stock:HAM"]).verb("item").sent(r#"{"title":"Tasse"}"#),
        row("get", "/v1/items/{sku}", GOODS),
    ]
}

fn of_reservations() -> Vec<Row> {
    let one = |method, path, open| row(method, path, open).about(About::Reservation);
    vec![
        row("post", "/v1/reservations", SELL)
            .verb("reserve")
            .sent(r#"{"channel":"web","lines":[{"sku":"A","quantity":1}]}"#),
        one("get", "/v1/reservations/{reservation}", SALES),
        one("delete", "/v1/reservations/{reservation}", SELL).verb("release"),
        one("post", "/v1/reservations/{reservation}/extend", SELL).verb("extend").sent(r#"{"ttl_s":1200}"#),
        one("post", "/v1/reservations/{reservation}/allocate", SELL).verb("allocate"),
        one("post", "/v1/reservations/{reservation}/ship", &["sell:web", "fulfil:BER"]).verb("ship"),
    ]
}

fn of_orders() -> Vec<Row> {
    const PLACED: &str = r#"{"order":"p-{n}","channel":"web","lines":[{"line":"1","sku":"A","quantity":1}],"ship_to":{"country":"DE"}}"#;
    let change = |path, verb| row("post", path, SELL).order(verb);
    vec![
        row("post", "/v1/orders", SELL).verb("place_order").sent(PLACED),
        row("post", "/v1/routing/preview", SELL).sent(PLACED),
        row("get", "/v1/orders", SALES).about(About::Order).nothing_for(&["read:solo", "sell:solo"]),
        row("get", "/v1/orders/{order}", SALES).about(About::Order),
        row("get", "/v1/orders/{order}/tracking", SALES).about(About::Order),
        row("get", "/v1/orders/{order}/explain", SELL).about(About::Order),
        change("/v1/orders/{order}/cancel", "cancel"),
        change("/v1/orders/{order}/amend", "amend").sent(
            r#"{"lines":[{"line":"1","sku":"A","quantity":1,"unit_price":{"amount_minor":1999,"currency":"EUR"}}]}"#,
        ),
        change("/v1/orders/{order}/address", "address").sent(r#"{"ship_to":{"country":"DE","name":"Ben"}}"#),
        change("/v1/orders/{order}/hold", "hold").sent(r#"{"reason":"check"}"#),
        change("/v1/orders/{order}/resume", "resume").about(About::HeldOrder),
        change("/v1/orders/{order}/payment", "payment").sent(r#"{"state":"paid"}"#),
        change("/v1/orders/{order}/refund", "refund").sent(r#"{"amount":{"amount_minor":1,"currency":"EUR"}}"#),
        change("/v1/orders/{order}/reroute", "reroute"),
        row("post", "/v1/privacy/export", &["contact:web"])
            .about(About::Order)
            .sent(r#"{"orders":[{"channel":"web","order":"{about}"}]}"#),
        row("post", "/v1/privacy/erase", &["contact:web"])
            .order("erase_contacts")
            .sent(r#"{"orders":[{"channel":"web","order":"{about}"}],"force":true}"#),
    ]
}

fn of_work() -> Vec<Row> {
    const SEEN: &[&str] = &["read:*", "read:web", "sell:web", "fulfil:BER"];
    let step = |path, verb| row("post", path, WORK).verb(verb).about(About::Part);
    vec![
        row("get", "/v1/warehouses/{warehouse}/pick-lists", WORK),
        row("get", "/v1/fulfilments", SEEN).about(About::Part).nothing_for(&[
            "read:solo",
            "sell:solo",
            "fulfil:HAM",
        ]),
        row("get", "/v1/fulfilments/{fulfilment}", SEEN).about(About::Part),
        step("/v1/fulfilments/{fulfilment}/accept", "accept"),
        step("/v1/fulfilments/{fulfilment}/reject", "reject"),
        step("/v1/fulfilments/{fulfilment}/pick", "pick"),
        step("/v1/fulfilments/{fulfilment}/short_pick", "short_pick")
            .sent(r#"{"lines":[{"line":"1","quantity":1}]}"#),
        step("/v1/fulfilments/{fulfilment}/pack", "pack"),
        step("/v1/fulfilments/{fulfilment}/ship", "ship_fulfilment"),
        step("/v1/fulfilments/{fulfilment}/ready", "ready").about(About::PickupPart),
        step("/v1/fulfilments/{fulfilment}/collect", "collect").about(About::ReadyPart),
        step("/v1/fulfilments/{fulfilment}/uncollected", "uncollected").about(About::ReadyPart),
        step("/v1/fulfilments/{fulfilment}/deliver", "deliver").about(About::ShippedPart),
        step("/v1/fulfilments/{fulfilment}/carrier", "carrier")
            .about(About::ShippedPart)
            .sent(r#"{"event":"in_transit"}"#),
    ]
}

fn of_documents() -> Vec<Row> {
    const RETURNS: &[&str] = &["read:*", "read:web", "sell:web", "stock:BER"];
    const TRANSFERS: &[&str] = &["read:*", "stock:BER", "stock:HAM"];
    const LINES: &str = r#"{"warehouse":"BER","lines":[{"sku":"A","quantity":1}]}"#;
    let back = |path, verb, open| row("post", path, open).verb(verb).about(About::Return);
    let moved = |path, verb, open| row("post", path, open).verb(verb).about(About::Transfer);
    let due = |method, path, verb| row(method, path, KEEP).verb(verb).about(About::Inbound);
    vec![
        row("get", "/v1/returns", RETURNS).about(About::Return).nothing_for(&[
            "read:solo",
            "sell:solo",
            "stock:HAM",
        ]),
        row("get", "/v1/returns/{return}", RETURNS).about(About::Return),
        row("post", "/v1/returns", SELL)
            .verb("announce_return")
            .sent(r#"{"channel":"web","warehouse":"BER","lines":[{"sku":"A","quantity":1}]}"#),
        back("/v1/returns/{return}/receive", "receive_return", KEEP),
        back("/v1/returns/{return}/inspect", "inspect_return", KEEP)
            .about(About::ReceivedReturn)
            .sent(r#"{"lines":[{"sku":"A","sellable":2}]}"#),
        back("/v1/returns/{return}/cancel", "cancel_return", &["stock:BER", "sell:web"]),
        row("get", "/v1/transfers", TRANSFERS).about(About::Transfer),
        row("get", "/v1/transfers/{transfer}", TRANSFERS).about(About::Transfer),
        row("post", "/v1/transfers", KEEP)
            .verb("request_transfer")
            .sent(r#"{"from":"BER","to":"HAM","lines":[{"sku":"A","quantity":1}]}"#),
        moved("/v1/transfers/{transfer}/ship", "ship_transfer", KEEP),
        moved("/v1/transfers/{transfer}/receive", "receive_transfer", &["stock:HAM"])
            .about(About::ShippedTransfer),
        moved("/v1/transfers/{transfer}/close", "close_transfer", &["stock:HAM"])
            .about(About::ShippedTransfer),
        moved("/v1/transfers/{transfer}/cancel", "cancel_transfer", KEEP),
        row("get", "/v1/inbound", &["read:*", "stock:BER"]).about(About::Inbound).nothing_for(&["stock:HAM"]),
        row("get", "/v1/inbound/{inbound}", &["read:*", "stock:BER"]).about(About::Inbound),
        row("post", "/v1/inbound", KEEP).verb("expect_inbound").sent(LINES),
        due("put", "/v1/inbound/{inbound}", "change_inbound").sent(r#"{"lines":[{"sku":"A","quantity":3}]}"#),
        due("post", "/v1/inbound/{inbound}/receive", "receive_inbound"),
        due("post", "/v1/inbound/{inbound}/close", "close_inbound"),
    ]
}
