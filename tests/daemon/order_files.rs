//! Orders from files and from the load generator, and what an operator sees of one.

use crate::mixed::TWO;
use crate::process::{Daemon, Store};
use crate::talk::{figures, receive};

/// A name that must stand in the file alone.
const CANARY: &str = "Ada Canary";

/// Orders of a file come in once, however often the file is sent; what can't come in is named and kept; an order is shown
/// to operators with everything but its buyer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn orders_come_from_a_file() {
    for store in [Some(Store::Embedded), Store::redis().await] {
        let Some(store) = store else { continue };
        let mut daemon = Daemon::start(&store.lines(), TWO).await;
        let mut client = daemon.client();
        receive(&mut client, "BER", "m-1", &[("TEE", 5), ("CAP", 3)]).await;
        let text = format!(
            "order,channel,line,sku,quantity,unit_price_minor,currency,country,name\n\
             o-1,web,1,TEE,2,1999,EUR,DE,{CANARY}\no-1,,2,CAP,1,1299,EUR,,\no-2,web,1,TEE,9,1999,EUR,DE,{CANARY}\n\
             o-3,web,1,TEE,one,1999,EUR,DE,{CANARY}\no-4,web,1,CAP,1,1299,EUR,DE,{CANARY}\n"
        );
        std::fs::write(daemon.path("orders.csv"), text).unwrap();
        let url = daemon.url();
        let words = ["import", "orders", "orders.csv", "--url", &url, "--rejects", "bad.csv"];
        for _ in 0..2 {
            let (code, said) = daemon.run(&words).await;
            assert_eq!(code, Some(1), "{said}");
            for told in
                ["2 orders applied, 2 refused", "line 5, column quantity", "line 4: insufficient_stock"]
            {
                assert!(said.contains(told) && !said.contains(CANARY), "{told}: {said}");
            }
            assert_eq!(figures(&mut client, "TEE", "BER").await, (5, 0, 2));
            assert_eq!(figures(&mut client, "CAP", "BER").await, (3, 0, 2));
        }
        let kept = std::fs::read_to_string(daemon.path("bad.csv")).unwrap();
        assert_eq!(kept.lines().count(), 3, "{kept}");
        receive(&mut client, "BER", "m-2", &[("TEE", 9)]).await;
        let (code, said) = daemon.run(&[&words[..], &["--again"]].concat()).await;
        assert!(code == Some(1) && said.contains("3 orders applied, 1 refused"), "{said}");
        assert_eq!(figures(&mut client, "TEE", "BER").await, (14, 0, 11));
        if matches!(store, Store::Embedded) {
            let (code, said) = daemon.run(&["inspect", "order", "o-1"]).await;
            assert!(code == Some(69) && said.contains("held by another process"), "{said}");
            daemon.stop().await;
        }
        let (code, said) = daemon.run(&["inspect", "order", "o-1", "--channel", "web"]).await;
        assert_eq!(code, Some(0), "{said}");
        for told in
            ["order o-1 of web", "contact kept", "2 TEE: allocated 2", "BER: place 1", "order_accepted"]
        {
            assert!(said.contains(told), "{told}: {said}");
        }
        assert!(!said.contains("Ada"), "{said}");
        let part =
            said.split_whitespace().find(|word| word.ends_with("-f1")).expect("a fulfilment").to_owned();
        let (_, by_part) = daemon.run(&["inspect", "order", &part]).await;
        assert_eq!(by_part, said, "a part leads to its order");
        for words in [&["inspect", "order", "o-9"][..], &["inspect", "order", "o-1", "--channel", "other"]] {
            let (code, said) = daemon.run(words).await;
            assert_eq!((code, said.trim()), (Some(1), "nothing is known of it"));
        }
        daemon.audit_as_is().await;
    }
}

/// The load generator's own records hold against a real daemon, whether orders stay open, close, or find nothing left.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn loads_of_orders_add_up() {
    let mut daemon = Daemon::start(&Store::Embedded.lines(), TWO).await;
    let url = daemon.url();
    for more in ["--fulfil 50", "--fulfil 100 --shape hot", "--units 3 --skus 10"] {
        let line = format!(
            "load orders --url {url} --channel web --warehouse BER,VIE --clients 8 --for 700ms --warm-up 50ms --json {more}"
        );
        let words: Vec<&str> = line.split(' ').collect();
        let (code, said) = daemon.run(&words).await;
        assert_eq!(code, Some(0), "{said}");
        let report: serde_json::Value = serde_json::from_str(said.trim()).expect("a report");
        assert!(report["placed"].as_u64() > Some(0) && report["holds"] == true, "{said}");
    }
    daemon.audit().await;
}
