//! The calls about orders, fulfilments, returns, transfers and receipts.

use serde::Serialize;

use super::api::Client;
use super::connection::Method;
use super::error::ClientError;
use super::order::{
    Fulfilment, FulfilmentPage, Inbound, Inspected, Money, NewInbound, NewOrder, NewReturn, NewTransfer,
    Order, OrderPage, Return, Step, Transfer,
};
use super::target::segment;

impl Client {
    /// Sends an order.
    ///
    /// # Errors
    /// Refused, with the numbers, or unknown.
    pub async fn place(&mut self, id: &str, order: &NewOrder) -> Result<Order, ClientError> {
        self.post("/v1/orders", id, order).await
    }

    /// Sends an order as it stands in a file, without looking into it.
    ///
    /// # Errors
    /// Refused, with the numbers, or unknown.
    pub async fn place_as_given(&mut self, id: &str, body: &[u8]) -> Result<Order, ClientError> {
        self.call(Method::Post, "/v1/orders", Some(id), Some(body)).await
    }

    /// Reads an order: by its id over all channels, or by its number with the channel.
    ///
    /// # Errors
    /// Not found, ambiguous, or no answer.
    pub async fn order(&mut self, order: &str, channel: Option<&str>) -> Result<Order, ClientError> {
        let mut path = format!("/v1/orders/{}", segment(order));
        if let Some(channel) = channel {
            path.push_str("?channel=");
            path.extend(segment(channel));
        }
        self.call(Method::Get, &path, None, None).await
    }

    /// One page of the open orders behind `after`, or of those that are settled.
    ///
    /// # Errors
    /// No answer.
    pub async fn orders(
        &mut self,
        archived: bool,
        after: Option<&str>,
        limit: u32,
    ) -> Result<OrderPage, ClientError> {
        let mut path = format!("/v1/orders?archived={archived}&limit={limit}");
        if let Some(after) = after {
            path.push_str("&after=");
            path.extend(segment(after));
        }
        self.call(Method::Get, &path, None, None).await
    }

    /// Cancels what of an order has not left.
    ///
    /// # Errors
    /// Everything has left, or no answer.
    pub async fn cancel(&mut self, order: &str, id: &str, reason: &str) -> Result<Order, ClientError> {
        #[derive(Serialize)]
        struct Body<'a> {
            reason: &'a str,
        }
        self.post(&format!("/v1/orders/{}/cancel", segment(order)), id, &Body { reason }).await
    }

    /// Tells how the payment of an order stands.
    ///
    /// # Errors
    /// Refused, or no answer.
    pub async fn payment(&mut self, order: &str, id: &str, state: &str) -> Result<Order, ClientError> {
        #[derive(Serialize)]
        struct Body<'a> {
            state: &'a str,
        }
        self.post(&format!("/v1/orders/{}/payment", segment(order)), id, &Body { state }).await
    }

    /// Tells that money went back for a return.
    ///
    /// # Errors
    /// Refused, or no answer.
    pub async fn refund(
        &mut self,
        order: &str,
        id: &str,
        amount: &Money,
        of: &str,
    ) -> Result<Order, ClientError> {
        #[derive(Serialize)]
        struct Body<'a> {
            amount: &'a Money,
            #[serde(rename = "return")]
            of: &'a str,
        }
        self.post(&format!("/v1/orders/{}/refund", segment(order)), id, &Body { amount, of }).await
    }

    /// One page of a warehouse's fulfilments in one state.
    ///
    /// # Errors
    /// Unknown warehouse, or no answer.
    pub async fn fulfilments(
        &mut self,
        warehouse: &str,
        state: &str,
        limit: u32,
    ) -> Result<FulfilmentPage, ClientError> {
        let (warehouse, state) = (segment(warehouse), segment(state));
        let path = format!("/v1/fulfilments?warehouse={warehouse}&state={state}&limit={limit}");
        self.call(Method::Get, &path, None, None).await
    }

    /// Reports a step of a fulfilment: `accept`, `pick`, `pack`, `ship` …
    ///
    /// # Errors
    /// Refused in the state it is in, or no answer.
    pub async fn step(
        &mut self,
        fulfilment: &str,
        verb: &str,
        id: &str,
        step: &Step,
    ) -> Result<Fulfilment, ClientError> {
        self.post(&format!("/v1/fulfilments/{}/{verb}", segment(fulfilment)), id, step).await
    }

    /// Announces a return.
    ///
    /// # Errors
    /// Refused, or no answer.
    pub async fn announce(&mut self, id: &str, back: &NewReturn) -> Result<Return, ClientError> {
        self.post("/v1/returns", id, back).await
    }

    /// Everything of a return arrived.
    ///
    /// # Errors
    /// Refused, or no answer.
    pub async fn receive_return(&mut self, back: &str, id: &str) -> Result<Return, ClientError> {
        self.call(Method::Post, &format!("/v1/returns/{}/receive", segment(back)), Some(id), Some(b"{}"))
            .await
    }

    /// Goods of a return were looked at.
    ///
    /// # Errors
    /// Refused, or no answer.
    pub async fn inspect_return(
        &mut self,
        back: &str,
        id: &str,
        lines: &[Inspected],
    ) -> Result<Return, ClientError> {
        #[derive(Serialize)]
        struct Body<'a> {
            lines: &'a [Inspected],
        }
        self.post(&format!("/v1/returns/{}/inspect", segment(back)), id, &Body { lines }).await
    }

    /// Asks for a transfer.
    ///
    /// # Errors
    /// Refused, or no answer.
    pub async fn transfer(&mut self, id: &str, wish: &NewTransfer) -> Result<Transfer, ClientError> {
        self.post("/v1/transfers", id, wish).await
    }

    /// All of a transfer left (`ship`), or arrived (`receive`).
    ///
    /// # Errors
    /// Refused, or no answer.
    pub async fn transfer_step(
        &mut self,
        transfer: &str,
        verb: &str,
        id: &str,
    ) -> Result<Transfer, ClientError> {
        let path = format!("/v1/transfers/{}/{verb}", segment(transfer));
        self.call(Method::Post, &path, Some(id), Some(b"{}")).await
    }

    /// Tells that goods are expected.
    ///
    /// # Errors
    /// Refused, or no answer.
    pub async fn expect(&mut self, id: &str, wish: &NewInbound) -> Result<Inbound, ClientError> {
        self.post("/v1/inbound", id, wish).await
    }

    /// All of an expected receipt arrived.
    ///
    /// # Errors
    /// Refused, or no answer.
    pub async fn receive_inbound(&mut self, inbound: &str, id: &str) -> Result<Inbound, ClientError> {
        let path = format!("/v1/inbound/{}/receive", segment(inbound));
        self.call(Method::Post, &path, Some(id), Some(b"{}")).await
    }

    async fn post<T: serde::de::DeserializeOwned>(
        &mut self,
        path: &str,
        id: &str,
        body: &impl Serialize,
    ) -> Result<T, ClientError> {
        let body = serde_json::to_vec(body)?;
        self.call(Method::Post, path, Some(id), Some(&body)).await
    }
}

#[cfg(test)]
#[expect(
    clippy::disallowed_types,
    reason = "the fake's notes are locked for a few instructions, never across an await"
)]
mod tests {
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    use super::*;
    use crate::client::order::{LineUnits, NewOrderLine};
    use crate::client::{Target, fake};

    const ORDER: &str = "{\"order\":\"o 1\",\"id\":\"07-a\",\"channel\":\"web-de\",\"state\":\"accepted\",\
        \"lines\":[{\"line\":\"1\",\"sku\":\"A\",\"ordered\":2,\"allocated\":2}],\"fulfilments\":[{\"fulfilment\":\"07-a-f1\",\
        \"warehouse\":\"BER\",\"state\":\"requested\",\"lines\":[{\"line\":\"1\",\"sku\":\"A\",\"quantity\":2}]}]}";

    /// Each call goes to its address with its body, and what is not known of an answer is left out.
    #[tokio::test]
    async fn calls_and_their_addresses() {
        let notes = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&notes);
        let url = fake::serve(move |asked| {
            let body = match asked.path.as_str() {
                "/v1/fulfilments?warehouse=BER&state=requested&limit=9" => {
                    "{\"fulfilments\":[],\"next\":null}".to_owned()
                }
                "/v1/orders?archived=true&limit=5&after=o.07" => {
                    format!("{{\"orders\":[{ORDER}],\"next\":\"x\"}}")
                }
                path if path.starts_with("/v1/returns") => {
                    "{\"return\":\"07-a-r1\",\"state\":\"announced\"}".to_owned()
                }
                path if path.starts_with("/v1/fulfilments/") => {
                    "{\"fulfilment\":\"07-a-f1\",\"state\":\"shipped\"}".to_owned()
                }
                _ => ORDER.to_owned(),
            };
            seen.lock().unwrap().push(asked);
            Some((200, body))
        })
        .await;
        let mut client = Client::new(Arc::new(Target::new(&url, None).unwrap()), Duration::from_secs(5));
        let line = NewOrderLine { line: "1".into(), sku: "A".into(), quantity: 2, unit_price: None };
        let new = NewOrder {
            order: "o 1".into(),
            channel: "web-de".into(),
            lines: vec![line],
            ..NewOrder::default()
        };
        let order = client.place("c-1", &new).await.unwrap();
        assert_eq!((order.sum(|line| line.allocated), order.fulfilments[0].is_open()), (2, true));
        client.order("o 1", Some("web-de")).await.unwrap();
        assert_eq!(client.orders(true, Some("o.07"), 5).await.unwrap().orders.len(), 1);
        assert_eq!(client.fulfilments("BER", "requested", 9).await.unwrap().next, None);
        let step = Step { lines: Some(vec![LineUnits { line: "1".into(), quantity: 1 }]), ..Step::default() };
        assert!(client.step("07-a-f1", "ship", "c-2", &step).await.unwrap().has_left());
        let euro = Money { amount_minor: 5, currency: "EUR".into() };
        client.refund("07-a", "c-3", &euro, "07-a-r1").await.unwrap();
        let back = NewReturn { order: "07-a".into(), warehouse: "BER".into(), lines: Vec::new() };
        assert_eq!(client.announce("c-4", &back).await.unwrap().id, "07-a-r1");
        let notes = notes.lock().unwrap();
        assert_eq!(notes[0].body["lines"][0]["quantity"], 2);
        assert!(notes[0].body.get("fulfilled").is_none() && notes[0].body.get("method").is_none());
        assert_eq!(notes[1].path, "/v1/orders/o%201?channel=web-de");
        assert_eq!(notes[4].body, serde_json::json!({"lines": [{"line": "1", "quantity": 1}]}));
        assert_eq!(notes[5].body["return"], "07-a-r1");
    }
}
