//! The document against the door.

use std::collections::BTreeSet;

use serde_json::Value;

use super::shop::visit;
use crate::edge::http::document;
use crate::edge::http::router::routes;

const VERBS: [&str; 5] = ["get", "put", "post", "delete", "patch"];

/// The document names every route of the router with its verbs, and no other; each answers a documented status.
#[test]
fn the_document_names_every_route() {
    let document: Value = serde_json::from_str(&document()).unwrap();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let paths = document["paths"].as_object().unwrap();
    let named: BTreeSet<_> = paths.keys().map(String::as_str).collect();
    let served: BTreeSet<_> = routes().into_iter().map(|(path, _)| path).collect();
    assert_eq!(named, served);
    visit(|shop| async move {
        for (path, operations) in document["paths"].as_object().unwrap() {
            let target = path.replace("{sku}", "A").replace("{channel}", "web").replace("{warehouse}", "BER");
            let target = target.replace("{reservation}", "r-1").replace("{order}", "o-1");
            let target = target.replace("{fulfilment}", "07-1-f1");
            for verb in VERBS {
                let answer = shop.call(&verb.to_uppercase(), &target, "", "").await;
                let operation = &operations[verb];
                assert_eq!(operation.is_null(), answer.status == 405, "{verb} {path}: {}", answer.status);
                if !operation.is_null() {
                    let statuses = operation["responses"].as_object().unwrap();
                    let known = statuses.contains_key(&answer.status.to_string())
                        || (statuses.contains_key("default") && answer.status >= 400);
                    assert!(known, "{verb} {path} answers {}", answer.status);
                }
            }
        }
    });
}

/// Every shape the document refers to is in it.
#[test]
fn references_lead_somewhere() {
    let text = document();
    let document: Value = serde_json::from_str(&text).unwrap();
    for part in text.split("\"$ref\":\"#/").skip(1) {
        let pointer = part.split('"').next().unwrap();
        assert!(document.pointer(&format!("/{pointer}")).is_some(), "{pointer} is missing");
    }
}
