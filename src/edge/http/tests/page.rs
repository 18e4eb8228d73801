//! The page for operators, as files.

use std::collections::BTreeSet;

use serde_json::json;

use super::shop::{Shop, visit, visit_with};

/// What stands between `before` and the next `after`, wherever it does.
fn between<'a>(text: &'a str, before: &str, after: &str) -> Vec<&'a str> {
    text.split(before).skip(1).filter_map(|rest| Some(rest.split_once(after)?.0)).collect()
}

/// Every file of the page, found as a browser finds them.
async fn files(shop: &Shop) -> Vec<(String, String)> {
    let mut wanted = vec![String::new()];
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    while let Some(name) = wanted.pop() {
        if !seen.insert(name.clone()) {
            continue;
        }
        let answer = shop.get(&format!("/ui/{name}")).await;
        assert_eq!(answer.status, 200, "{name}");
        let kind = match name.rsplit_once('.') {
            None => "text/html; charset=utf-8",
            Some((_, "css")) => "text/css; charset=utf-8",
            Some(_) => "text/javascript; charset=utf-8",
        };
        assert_eq!(answer.header("content-type"), Some(kind), "{name}");
        let policy = answer.header("content-security-policy").expect("a policy");
        assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"), "{policy}");
        // What the licence of others covers is not ours to read.
        if !name.starts_with("uplot") {
            wanted.extend(between(&answer.body, "from \"./", "\"").into_iter().map(str::to_owned));
            wanted.extend(between(&answer.body, "src=\"", "\"").into_iter().map(str::to_owned));
            wanted.extend(
                between(&answer.body, "rel=\"stylesheet\" href=\"", "\"").into_iter().map(str::to_owned),
            );
            for library in ["uplot.js", "uplot.css"] {
                wanted.extend(answer.body.contains(library).then(|| library.to_owned()));
            }
        }
        found.push((name, answer.body));
    }
    found
}

/// Every file the page asks for is there, with a policy that lets nothing else in; nothing that came over the wire is read
/// as HTML, and each text that is said is in both languages.
#[test]
fn the_page_is_whole() {
    visit(|shop| async move {
        let files = files(&shop).await;
        assert!(files.len() > 20, "{}", files.len());
        let of = |wanted: &str| files.iter().find(|(name, _)| name == wanted).expect("a file").1.clone();
        assert!(of("uplot.js").contains("MIT License"));
        let tables = [of("words.en.js"), of("words.de.js")];
        let ours = files.iter().filter(|(name, _)| !name.starts_with("uplot"));
        for (name, text) in ours {
            for banned in
                ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", " style=\""]
            {
                assert!(!text.contains(banned), "{name} has {banned}");
            }
            let called = [" t(\"", "(t(\"", "[t(\"", "{t(\"", "!t(\""];
            let said = called.into_iter().flat_map(|call| between(text, call, "\""));
            let said = said.chain(between(text, "data-t=\"", "\""));
            for key in said {
                for table in &tables {
                    let there =
                        table.contains(&format!("\"{key}\": \"")) || table.contains(&format!(" {key}: \""));
                    assert!(there, "{name} says {key}");
                }
            }
        }
    });
}

/// A copy the browser has is not sent again, an unknown file is not there, and where the page is switched off nothing is.
#[test]
fn the_page_is_sent_once() {
    visit(|shop| async move {
        let first = shop.get("/ui/app.js").await;
        let tag = first.header("etag").expect("a tag").to_owned();
        let again = shop.call("GET", "/ui/app.js", &format!("If-None-Match: \"x\", W/{tag}\r\n"), "").await;
        assert_eq!((again.status, again.body.as_str(), again.header("etag")), (304, "", Some(tag.as_str())));
        let changed = shop.call("GET", "/ui/app.js", "If-None-Match: \"x\"\r\n", "").await;
        assert_eq!((changed.status, changed.body), (200, first.body));
        let folder = shop.get("/ui").await;
        assert_eq!((folder.status, folder.header("location")), (308, Some("/ui/")));
        assert_eq!(shop.get("/ui/none.js").await.code(), "unknown_path");
    });
    visit_with(
        |settings| settings.http.ui = false,
        |shop| async move {
            for path in ["/ui", "/ui/", "/ui/app.js"] {
                assert_eq!(shop.get(path).await.code(), "unknown_path", "{path}");
            }
        },
    );
}

/// Stock is found by a part of the SKU or its title, by its whole barcode, and by how it looks to buyers.
#[test]
fn stock_is_searched() {
    visit(|shop| async move {
        shop.stock("BER", "TEE-M", 50).await;
        shop.stock("BER", "TEE-XL", 2).await;
        shop.stock("BER", "CAP", 1).await;
        let card = r#"{"title":"Blaue Mütze","gtin":"4006381333931"}"#;
        assert_eq!(shop.call("PUT", "/v1/items/CAP", "Idempotency-Key: card\r\n", card).await.status, 200);
        let found = async |query: &str| {
            let answer = shop.get(&format!("/v1/stock?{query}")).await.json();
            let skus = answer["items"].as_array().unwrap().iter().map(|item| item["sku"].clone());
            (skus.collect::<Vec<_>>(), answer["next"].clone())
        };
        let null = || json!(null);
        for (query, expected) in [
            ("search=tee", vec!["TEE-M", "TEE-XL"]),
            ("search=M%C3%BCTZE", vec!["CAP"]),
            ("search=4006381333931", vec!["CAP"]),
            ("search=400638133393", vec![]),
            ("search=", vec!["CAP", "TEE-M", "TEE-XL"]),
        ] {
            assert_eq!(
                found(query).await,
                (expected.into_iter().map(|sku| json!(sku)).collect(), null()),
                "{query}"
            );
        }
        assert_eq!(found("search=tee&limit=1").await, (vec![json!("TEE-M")], json!("TEE-M")));
        assert_eq!(shop.get("/v1/stock/CAP").await.json()["title"], "Blaue Mütze");
        assert_eq!(shop.get("/v1/stock?state=gone").await.code(), "invalid");
        assert_eq!(shop.get(&format!("/v1/stock?search={}", "x".repeat(129))).await.code(), "invalid");
    });
}
