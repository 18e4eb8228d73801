use std::collections::BTreeSet;

use serde_json::Value;

use super::commands::ROUTES;
use super::document;
use crate::edge::command::Verb;
use crate::edge::event::table::{Family, all};
use crate::edge::http;

fn parsed() -> Value {
    serde_json::from_str(document()).unwrap()
}

/// Everything the table lists is in the document, under its routing key; nothing else is sent.
#[test]
fn the_document_is_the_table() {
    let document = parsed();
    for (family, fact) in all() {
        let channel = &document["channels"][family.word()];
        assert_eq!(channel["address"], family.pattern());
        let named = channel["messages"][fact]["$ref"].as_str().unwrap_or_else(|| panic!("{fact} is missing"));
        assert_eq!(named, format!("#/components/messages/{}", family.kind(fact)));
    }
    let told: usize = Family::ALL
        .iter()
        .map(|family| document["channels"][family.word()]["messages"].as_object().unwrap().len())
        .sum();
    assert_eq!(told, all().len());
}

/// Every command has its route, every route is one of the HTTP document, and no command is documented without a shape.
#[test]
fn every_command_is_documented() {
    let named: BTreeSet<&str> = ROUTES.iter().map(|(name, _, _)| *name).collect();
    let known: BTreeSet<&str> = Verb::ALL.iter().map(|(name, _)| *name).collect();
    assert_eq!(named, known, "each command needs its line in ROUTES");
    let http: Value = serde_json::from_str(&http::document()).unwrap();
    for (name, method, path) in ROUTES {
        assert!(http["paths"][path][method].is_object(), "{name}: HTTP has no {method} {path}");
        let verb = Verb::named(name).unwrap();
        if let Some(target) = verb.target() {
            assert!(path.contains(&format!("{{{target}}}")), "{name}: {path} does not name the {target}");
        }
    }
    let document = parsed();
    for (name, _) in Verb::ALL {
        let message = &document["components"]["messages"][format!("command.{name}")];
        assert!(message["payload"]["properties"][name].is_object(), "{name}");
        let reply = &document["components"]["messages"][format!("reply.{name}")];
        assert!(reply["payload"]["oneOf"][0]["properties"]["ok"]["$ref"].is_string(), "{name} has no answer");
    }
}

/// Every reference leads somewhere.
#[test]
fn references_lead_somewhere() {
    let document = parsed();
    let text = serde_json::to_string(&document).unwrap();
    for part in text.split("\"$ref\":\"#/").skip(1) {
        let pointer = part.split('"').next().unwrap();
        assert!(document.pointer(&format!("/{pointer}")).is_some(), "{pointer} is missing");
    }
}
