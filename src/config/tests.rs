//! Loading as a whole: layers, findings, secrets, and the shipped file.

use std::collections::HashMap;
use std::path::PathBuf;

use super::*;

fn written(text: &str) -> (tempfile::TempDir, Sources) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("lagerd.toml");
    std::fs::write(&file, text).expect("the file is written");
    (folder, Sources { file: Some(file), ..Sources::default() })
}

fn problems(text: &str) -> String {
    let (_folder, sources) = written(text);
    load(&sources).expect_err("the file has problems").to_string()
}

fn environment(pairs: &[(&str, &str)]) -> HashMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// The shipped file says what the built-in defaults are, and nothing else.
#[test]
fn shipped_file_equals_defaults() {
    assert_eq!(load(&Sources::default()).expect("the shipped file is right"), Settings::default());
    let (_folder, sources) = written(SHIPPED);
    assert_eq!(load(&sources).expect("the shipped file is right"), Settings::default());
}

/// An empty file is a right one: every key has a default, and no place is made up.
#[test]
fn empty_file_has_defaults_and_no_places() {
    let (_folder, sources) = written("");
    let settings = load(&sources).expect("nothing is wrong with nothing");
    let expected =
        Settings { warehouses: Vec::new(), channels: Vec::new(), tokens: Vec::new(), ..Settings::default() };
    assert_eq!(settings, expected);
}

/// Every problem is told in one go, each with its path, what was found and what would be right.
#[test]
fn tells_every_problem_at_once() {
    let told = problems(
        r#"
        log = "loud"
        colour = "red"
        [http]
        listen = "here"
        port = 7070
        [limits]
        batch_commands = "many"
        hold_window_s = 10
        default_ttl_s = 8000
        [[warehouse]]
        id = "B R"
        kind = "shed"
        latitude = 91
        [[warehouse]]
        id = "HAM"
        sources.erp.lag = 3
        [[warehouse]]
        id = "HAM"
        country = "de"
        [[channel]]
        id = "web"
        currency = "Euro"
        warehouses = ["HAM", "MUC"]
        [[channel]]
        mode = "shouts"
        warehouses = []
        [[token]]
        name = "shop"
        hash = "hunter2"
        scopes = ["sell:web", "root"]
        "#,
    );
    for expected in [
        "log: found \"loud\"",
        "colour: unknown key",
        "http.listen: found \"here\"",
        "http.port: unknown key",
        "limits.batch_commands: found \"many\"",
        "expected a whole number from 1 to 4096",
        "limits.hold_window_s: found 10",
        "limits.default_ttl_s: 8000 is more than limits.max_hold_s = 7200",
        "warehouse[0].id: found \"B R\"",
        "warehouse[0].kind: found \"shed\"",
        "warehouse[0].latitude: found 91",
        "warehouse[1].sources.erp.lag: unknown key",
        "warehouse[2].country: found \"de\"",
        "channel[0].currency: found \"Euro\"",
        "channel[0].warehouses: \"MUC\" is no warehouse; known: HAM",
        "channel[1].id: missing",
        "channel[1].mode: found \"shouts\"",
        "channel[1].warehouses: found an empty list",
        "token[0].hash: found something else (not shown)",
        "token[0].scopes[1]: found \"root\"",
    ] {
        assert!(told.contains(expected), "{expected:?} is not told in\n{told}");
    }
    assert!(!told.contains("hunter2"), "{told}");
    assert!(told.contains("lagerd.toml"), "the source is named in\n{told}");
}

/// Rules of orders are checked as a whole as well: names, and days that don't fit each other.
#[test]
fn tells_every_problem_of_orders() {
    let told = problems(
        r#"
        [routing]
        filters = ["capacity", "capacity", "weather"]
        sorts = []
        split = "by_colour"
        distance_max_km = 0
        claim_ttl_s = 7201
        [orders]
        accept_within_s = 0
        refund_alert_days = 15
        lines_max = 10001
        [privacy]
        contact_days_after_delivery = 181
        order_days = 100
        "#,
    );
    for expected in [
        "routing.filters[2]: found \"weather\"",
        "expected a list of enabled_and_open, serves_channel",
        "routing.filters: \"capacity\" is named twice",
        "routing.sorts: found an empty list",
        "routing.split: found \"by_colour\"",
        "routing.distance_max_km: found 0",
        "routing.claim_ttl_s: 7201 is more than limits.max_hold_s = 7200",
        "orders.accept_within_s: found 0",
        "orders.refund_alert_days: 15 is more than orders.refund_within_days = 14",
        "orders.lines_max: found 10001",
        "privacy.contact_days_after_delivery: 181 is more than privacy.contact_max_days = 180",
        "privacy.contact_max_days: 180 is more than privacy.order_days = 100",
    ] {
        assert!(told.contains(expected), "{expected:?} is not told in\n{told}");
    }
    let told = problems("[limits]\ncommand_timeout_ms = 120000\n");
    assert!(told.contains("routing.claim_ttl_s: 120 s are no longer than"), "{told}");
}

/// So is what places say of orders: whom they name, their zone, and words that contradict each other.
#[test]
fn tells_every_problem_of_places() {
    let told = problems(
        r#"
        [[warehouse]]
        id = "BER"
        timezone = "Europe/Potsdam"
        serves_channels = ["web", "web", "app"]
        serves_countries = ["DE", "de", "DE"]
        pickup = "yes"
        [[warehouse]]
        id = "HAM"
        serves_countries = []
        cost = 1.5
        [[channel]]
        id = "web"
        warehouses = ["BER", "BER"]
        countries = ["Germany"]
        backorder = false
        backorder_limit = 5
        leftover = "backorder"
        [[channel]]
        id = "ebay"
        mode = "tells"
        warehouses = ["BER"]
        leftover = "refuse"
        [[channel]]
        id = "shop"
        warehouses = ["BER"]
        backorder = true
        leftover = "refuse"
        "#,
    );
    for expected in [
        "warehouse[0].timezone: found \"Europe/Potsdam\"",
        "the time zone database doesn't know it",
        "warehouse[0].serves_channels: \"app\" is no channel; known: ebay, shop, web",
        "warehouse[0].serves_channels: \"web\" is named twice",
        "warehouse[0].serves_countries[1]: found \"de\"",
        "warehouse[0].serves_countries: \"DE\" is named twice",
        "warehouse[0].pickup: found \"yes\"",
        "warehouse[1].serves_countries: found an empty list",
        "warehouse[1].cost: found 1.5",
        "channel[0].warehouses: \"BER\" is named twice",
        "channel[0].countries[0]: found \"Germany\"",
        "channel[0].backorder_limit: nothing may be backordered",
        "channel[0].leftover: nothing may be backordered",
        "channel[1].leftover: what a channel tells of is a fact",
        "channel[2].leftover: orders would be refused",
    ] {
        assert!(told.contains(expected), "{expected:?} is not told in\n{told}");
    }
}

/// A limit of backorders says that there are some.
#[test]
fn backorders_follow_their_limit() {
    let (_folder, sources) = written(
        "[[warehouse]]\nid = \"A\"\n[[channel]]\nid = \"a\"\nwarehouses = [\"A\"]\nbackorder_limit = 3\n\
         [[channel]]\nid = \"b\"\nwarehouses = [\"A\"]\n[[channel]]\nid = \"c\"\nwarehouses = [\"A\"]\nbackorder = true\n",
    );
    let settings = load(&sources).expect("right");
    assert_eq!(settings.channels.iter().map(|c| c.backorder).collect::<Vec<_>>(), [true, false, true]);
}

/// A store hands goods out unless it is told not to, others the other way round.
#[test]
fn pickup_follows_the_kind() {
    let (_folder, sources) = written(
        "[[warehouse]]\nid = \"A\"\nkind = \"store\"\n[[warehouse]]\nid = \"B\"\n\
         [[warehouse]]\nid = \"C\"\nkind = \"store\"\npickup = false\n[[warehouse]]\nid = \"D\"\npickup = true\n",
    );
    let settings = load(&sources).expect("right");
    assert_eq!(settings.warehouses.iter().map(|w| w.pickup).collect::<Vec<_>>(), [true, false, false, true]);
    let shown = toml::to_string(&settings).expect("settings serialise");
    assert_eq!(shown.matches("pickup = true").count(), 2, "{shown}");
}

/// Ids are unique within their section.
#[test]
fn refuses_ids_given_twice() {
    let told = problems("[[warehouse]]\nid = \"HAM\"\n[[warehouse]]\nid = \"HAM\"\n");
    assert!(told.contains("warehouse[1].id: \"HAM\" is there already"), "{told}");
}

/// A scope that names nothing would silently allow nothing.
#[test]
fn refuses_scopes_of_unknown_places() {
    let hash = TokenHash::of("x").configured();
    let told = problems(&format!("[[token]]\nname = \"t\"\nhash = \"{hash}\"\nscopes = [\"stock:HAM\"]\n"));
    assert!(told.contains("token[0].scopes: \"stock:HAM\" names \"HAM\", which is not there"), "{told}");
}

/// Nobody opens the daemon to the network by changing one line.
#[test]
fn refuses_the_network_without_tokens() {
    let told = problems("[http]\nlisten = \"0.0.0.0:7070\"\n");
    assert!(told.contains("http.listen: 0.0.0.0 can be reached from other machines"), "{told}");
    let hash = TokenHash::of("x").configured();
    let (_folder, sources) = written(&format!(
        "[http]\nlisten = \"0.0.0.0:7070\"\n[[token]]\nname = \"t\"\nhash = \"{hash}\"\nscopes = [\"admin\"]\n"
    ));
    assert!(load(&sources).is_ok());
}

/// Environment wins over the file, flags win over both, and text from either is read as the key's type.
#[test]
fn layers() {
    let (_folder, mut sources) = written("[http]\nlisten = \"127.0.0.1:1\"\n[limits]\nids = 5000\n");
    sources.environment = environment(&[
        ("LAGERD__HTTP__LISTEN", "127.0.0.1:2"),
        ("LAGERD__HTTP__REQUIRE_IDS", "true"),
        ("LAGERD__LIMITS__BATCH_COMMANDS", "64"),
        ("LAGERD_LOG", "read by the command line"),
        ("LAGERD_CONFIG", "read by the command line"),
    ]);
    sources.flags = vec![("http.listen", "127.0.0.1:3".to_owned())];
    let settings = load(&sources).expect("all layers are right");
    assert_eq!(settings.http.listen.port(), 3);
    assert!(settings.http.require_ids);
    assert_eq!((settings.limits.batch_commands, settings.limits.ids), (64, 5000));
}

/// A misspelt variable is a problem like a misspelt key.
#[test]
fn refuses_unknown_variables() {
    let sources =
        Sources { environment: environment(&[("LAGERD__HTTP__LISTNE", "x")]), ..Sources::default() };
    let told = load(&sources).expect_err("unknown").to_string();
    assert!(told.contains("http.listne: unknown key in the environment"), "{told}");
}

/// Under systemd its directories are the defaults, and what the operator wrote wins.
#[test]
fn systemd_directories() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().to_str().expect("a readable path");
    let mut sources = Sources {
        environment: environment(&[
            ("STATE_DIRECTORY", "/var/lib/lagerd"),
            ("CONFIGURATION_DIRECTORY", path),
        ]),
        ..Sources::default()
    };
    let settings = load(&sources).expect("no file yet");
    assert_eq!(settings.store.embedded_file(), PathBuf::from("/var/lib/lagerd/stock.redb"));
    std::fs::write(folder.path().join("lagerd.toml"), "[store]\nstate_dir = \"/srv/stock\"\n")
        .expect("the file is written");
    assert_eq!(load(&sources).expect("right").store.state_dir, PathBuf::from("/srv/stock"));
    sources.file = Some(folder.path().join("gone.toml"));
    assert!(load(&sources).expect_err("no such file").to_string().contains("can't be read"));
}

/// The address of Redis comes from one of three places and is never shown.
#[test]
fn redis_address() {
    let address = "redis://:hunter2@127.0.0.1:6379/0";
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("redis-url"), format!("{address}\n")).expect("the file is written");
    let path = folder.path().to_str().expect("a readable path");
    for key in [
        format!("url = \"{address}\""),
        format!("url_file = \"{path}/redis-url\""),
        "url_credential = \"redis-url\"".to_owned(),
    ] {
        let (_file, mut sources) = written(&format!("[store]\nkind = \"redis\"\n{key}\n"));
        sources.environment = environment(&[("CREDENTIALS_DIRECTORY", path)]);
        let settings = load(&sources).expect("an address");
        assert_eq!(settings.store.url.as_ref().map(Secret::expose), Some(address));
        let shown = format!("{settings:?} {}", toml::to_string(&settings).expect("settings serialise"));
        assert!(!shown.contains("hunter2"), "{shown}");
    }
    let told = problems("[store]\nkind = \"redis\"\n");
    assert!(told.contains("store.url: missing"), "{told}");
    let told = problems("[store]\nurl = \"redis://localhost\"\n");
    assert!(told.contains("store.kind is \"embedded\""), "{told}");
    let told = problems("[store]\nkind = \"redis\"\nurl = \"http://:hunter2@localhost\"\n");
    assert!(told.contains("store.url: found something else") && !told.contains("hunter2"), "{told}");
    assert_eq!(told.lines().count(), 2, "one problem, not two:\n{told}");
    let told = problems("[store]\nkind = \"redis\"\nurl = \"redis://a\"\nurl_file = \"b\"\n");
    assert!(told.contains("give the address once"), "{told}");
}

/// A file that is no TOML is told with its line.
#[test]
fn broken_file() {
    let told = problems("[http\nlisten = 1\n");
    assert!(told.contains("line 1"), "{told}");
}

/// Repeated sections can't be spelt in the environment; trying is told, never half done.
#[test]
fn repeated_sections_stay_in_the_file() {
    let sources =
        Sources { environment: environment(&[("LAGERD__WAREHOUSE__0__ID", "HAM")]), ..Sources::default() };
    let told = load(&sources).expect_err("no list").to_string();
    assert!(told.contains("warehouse: found a table"), "{told}");
}

/// Every key that is read stands in the shipped file, in use or behind `#`, and every key there is read.
#[test]
fn shipped_file_lists_every_key() {
    let mut section = String::new();
    let mut listed = Vec::new();
    for line in SHIPPED.lines() {
        let line = if line.starts_with("# ") || line == "#" { "" } else { line.trim_start_matches('#') };
        if let Some(name) = line.strip_prefix("[[") {
            section = format!("{}[].", name.trim_end_matches("]]"));
        } else if let Some(name) = line.strip_prefix('[') {
            section = format!("{}.", name.trim_end_matches(']'));
        } else if let Some((key, _)) = line.split_once(" = ") {
            listed.push(format!("{section}{key}"));
        }
    }
    let read: Vec<String> = keys().into_iter().map(|key| key.path).collect();
    let (mut listed, mut read) = (listed, read);
    listed.sort_unstable();
    read.sort_unstable();
    assert_eq!(listed, read);
}

/// The examples behind `#` are right as well: places, support, tokens.
#[test]
fn examples_of_the_shipped_file_load() {
    let mut repeated = false;
    let text: Vec<&str> = SHIPPED
        .lines()
        .map(|line| {
            repeated |= line.starts_with("[[");
            if repeated && !line.starts_with("# ") { line.trim_start_matches('#') } else { line }
        })
        .collect();
    let (_folder, sources) = written(&text.join("\n"));
    let settings = load(&sources).expect("the examples are right");
    assert_eq!(settings.tokens.len(), 1);
    assert!(settings.channels[0].support.is_some() && settings.warehouses[0].sources.contains_key("erp"));
}
