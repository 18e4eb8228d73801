//! Orders over a connection.

use serde_json::{Value, json};

use super::trial::{connected, tokens, with};
use crate::edge::auth::Credential;

fn order(number: &str, channel: &str) -> Value {
    json!({"order": number, "channel": channel, "lines": [{"line": "1", "sku": "A", "quantity": 2}], "ship_to": {"country": "DE"}})
}

/// Orders are placed, changed, worked off and cancelled by the same words as over HTTP; a number two channels use needs
/// its channel beside it.
#[test]
fn orders_go_by_their_verbs() {
    connected(async |line| {
        let lines = json!({"lines": [{"sku": "A", "kind": "receive", "quantity": 9}]});
        line.say(json!({"id": "in", "movements": lines, "warehouse": "BER"})).await;
        let told = line.say(json!({"id": "p-1", "place_order": order("o-1", "web")})).await;
        let placed = told[0]["ok"].clone();
        assert_eq!(placed["state"], "accepted", "{told:?}");
        line.say(json!({"id": "p-2", "place_order": order("o-1", "solo")})).await;
        let told = line.say(json!({"id": "h-1", "hold": {"reason": "check"}, "order": "o-1"})).await;
        assert_eq!(told[0]["refused"]["code"], "ambiguous_order", "{told:?}");
        let told = line
            .say(json!({"id": "h-1", "hold": {"reason": "check"}, "order": "o-1", "channel": "web"}))
            .await;
        assert_eq!(told[0]["ok"]["state"], "held", "{told:?}");
        let told = line.say(json!({"id": "h-2", "resume": {}, "order": placed["id"]})).await;
        assert_eq!(told[0]["ok"]["state"], "accepted", "{told:?}");
        let part = placed["fulfilments"][0]["fulfilment"].clone();
        for (verb, state) in [("accept", "accepted"), ("pick", "picked"), ("ship_fulfilment", "shipped")] {
            let told = line.say(json!({"id": verb, verb: {}, "fulfilment": part})).await;
            assert_eq!(told[0]["ok"]["state"], state, "{told:?}");
        }
        let told = line.say(json!({"id": "c-1", "cancel": {}, "order": "o-1", "channel": "solo"})).await;
        assert_eq!(told[0]["ok"]["state"], "cancelled", "{told:?}");
        for (message, code) in [
            (json!({"id": "w", "cancel": {}}), "invalid"),
            (json!({"id": "w", "cancel": {}, "order": "none"}), "unknown_order"),
            (json!({"id": "w", "cancel": {}, "order": "o-1", "channel": "no way"}), "unknown_channel"),
            (json!({"id": "w", "pick": {}, "fulfilment": part, "channel": "web"}), "unknown_message"),
            (json!({"id": "w", "place_order": {"ship_to": "Canary Street"}}), "invalid"),
        ] {
            let told = line.say(message.clone()).await;
            assert_eq!(told[0]["refused"]["code"], code, "{message}: {told:?}");
            assert!(!told[0].to_string().contains("Canary"), "{told:?}");
        }
    });
}

/// A token's scopes hold here too.
#[test]
fn a_token_does_what_it_may() {
    with(tokens("t", &["sell:solo"]), Credential::of_secret(Some("t")), async |line| {
        let told = line.say(json!({"id": "p-1", "place_order": order("o-1", "web")})).await;
        assert_eq!(told[0]["refused"]["code"], "forbidden", "{told:?}");
        let told = line.say(json!({"id": "c-1", "cancel": {}, "order": "o-1", "channel": "web"})).await;
        assert_eq!(told[0]["refused"]["code"], "unknown_order", "{told:?}");
    });
}
