//! The typed calls of the contract, with or without patience.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::time::Instant;

use super::connection::{Connection, Method, Request};
use super::error::{ClientError, Problem, Verdict};
use super::model::{
    Availability, Counts, LineResult, Movement, NewReplay, NewReservation, Replayed, Reservation, SkuStock,
    StockPage,
};
use super::target::{Target, segment};

/// First pause before asking again; doubled up to [`PAUSE_MAX`].
const PAUSE_MIN: Duration = Duration::from_millis(5);

/// A daemon that restarts is found again within this time of being ready.
const PAUSE_MAX: Duration = Duration::from_millis(200);

/// One connection with the contract's calls on it.
#[derive(Debug)]
pub struct Client {
    connection: Connection,
    patience: Duration,
    asked_again: u64,
    status: u16,
}

impl Client {
    /// A client that tells every failure at once. `timeout` bounds each single request.
    #[must_use]
    pub fn new(target: Arc<Target>, timeout: Duration) -> Self {
        Self {
            connection: Connection::new(target, timeout),
            patience: Duration::ZERO,
            asked_again: 0,
            status: 0,
        }
    }

    /// Lets every call ask again, with the same id, for this long while its outcome is unknown or it surely was not
    /// done; what remains after that is told.
    #[must_use]
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// How often a request was sent again because of an unknown outcome or a daemon that was away.
    #[must_use]
    pub fn asked_again(&self) -> u64 {
        self.asked_again
    }

    /// The HTTP status of the newest answer; 0 before the first.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The connection below, for callers that write and read bodies themselves.
    pub fn connection(&mut self) -> &mut Connection {
        &mut self.connection
    }

    /// Whether the daemon answers `/readyz` with success.
    ///
    /// # Errors
    /// No answer was read.
    pub async fn ready(&mut self) -> Result<bool, ClientError> {
        let request = Request { method: Method::Get, path: "/readyz", id: None, body: None };
        Ok(self.connection.send(&request).await? == 200)
    }

    /// Books physical movements; one verdict per line.
    ///
    /// # Errors
    /// The batch as a whole was refused, or its outcome is unknown.
    pub async fn movements(
        &mut self,
        warehouse: &str,
        id: &str,
        lines: &[Movement],
    ) -> Result<Vec<LineResult>, ClientError> {
        #[derive(Serialize)]
        struct Body<'a> {
            lines: &'a [Movement],
        }
        let path = format!("/v1/warehouses/{}/movements", segment(warehouse));
        self.batch(&path, id, &Body { lines }).await
    }

    /// Books an absolute count; one verdict per line.
    ///
    /// # Errors
    /// The batch as a whole was refused, or its outcome is unknown.
    pub async fn counts(
        &mut self,
        warehouse: &str,
        id: &str,
        counts: &Counts,
    ) -> Result<Vec<LineResult>, ClientError> {
        self.batch(&format!("/v1/warehouses/{}/counts", segment(warehouse)), id, counts).await
    }

    /// Levels and availability of one SKU.
    ///
    /// # Errors
    /// Unknown SKU, or no answer.
    pub async fn stock(&mut self, sku: &str) -> Result<SkuStock, ClientError> {
        self.call(Method::Get, &format!("/v1/stock/{}", segment(sku)), None, None).await
    }

    /// Tells a part of what happened again, to one queue; where the next step begins is part of the answer.
    ///
    /// # Errors
    /// Refused, or not wholly told: ask for the same step again.
    pub async fn replay(&mut self, wanted: &NewReplay) -> Result<Replayed, ClientError> {
        let body = serde_json::to_vec(wanted)?;
        self.call(Method::Post, "/v1/replay", None, Some(&body)).await
    }

    /// One page of all SKUs behind `after`.
    ///
    /// # Errors
    /// No answer.
    pub async fn stock_page(&mut self, after: Option<&str>, limit: u32) -> Result<StockPage, ClientError> {
        let mut path = format!("/v1/stock?limit={limit}");
        if let Some(after) = after {
            path.push_str("&after=");
            path.extend(segment(after));
        }
        self.call(Method::Get, &path, None, None).await
    }

    /// What a channel may sell of up to 500 SKUs.
    ///
    /// # Errors
    /// Unknown channel, too many SKUs, or no answer.
    pub async fn availability(
        &mut self,
        channel: &str,
        skus: &[&str],
    ) -> Result<Vec<Availability>, ClientError> {
        #[derive(serde::Deserialize)]
        struct Items {
            items: Vec<Availability>,
        }
        let mut path = format!("/v1/channels/{}/availability", segment(channel));
        for (index, sku) in skus.iter().enumerate() {
            path.push_str(if index == 0 { "?sku=" } else { "&sku=" });
            path.extend(segment(sku));
        }
        self.call::<Items>(Method::Get, &path, None, None).await.map(|items| items.items)
    }

    /// Holds a cart's units; the id becomes the reservation's.
    ///
    /// # Errors
    /// Refused (`insufficient_stock` with the numbers), or unknown.
    pub async fn reserve(&mut self, id: &str, wish: &NewReservation) -> Result<Reservation, ClientError> {
        let body = serde_json::to_vec(wish)?;
        self.call(Method::Post, "/v1/reservations", Some(id), Some(&body)).await
    }

    /// Reads a reservation, also an ended one within the hold window.
    ///
    /// # Errors
    /// Not found, or no answer.
    pub async fn reservation(&mut self, reservation: &str) -> Result<Reservation, ClientError> {
        self.call(Method::Get, &format!("/v1/reservations/{}", segment(reservation)), None, None).await
    }

    /// Sets a reservation's remaining time, in seconds.
    ///
    /// # Errors
    /// It ended, or the time is beyond its latest deadline.
    pub async fn extend(
        &mut self,
        reservation: &str,
        id: &str,
        ttl_s: u64,
    ) -> Result<Reservation, ClientError> {
        let path = format!("/v1/reservations/{}/extend", segment(reservation));
        self.call(Method::Post, &path, Some(id), Some(format!("{{\"ttl_s\":{ttl_s}}}").as_bytes())).await
    }

    /// Turns a reservation into a promise without a deadline.
    ///
    /// # Errors
    /// It ended before.
    pub async fn allocate(&mut self, reservation: &str, id: &str) -> Result<Reservation, ClientError> {
        let path = format!("/v1/reservations/{}/allocate", segment(reservation));
        self.call(Method::Post, &path, Some(id), Some(b"{}")).await
    }

    /// The goods of an allocated reservation left the house.
    ///
    /// # Errors
    /// It is not allocated.
    pub async fn ship(&mut self, reservation: &str, id: &str) -> Result<Reservation, ClientError> {
        let path = format!("/v1/reservations/{}/ship", segment(reservation));
        self.call(Method::Post, &path, Some(id), Some(b"{}")).await
    }

    /// Gives a reservation's units back; an ended one answers with its end.
    ///
    /// # Errors
    /// Not found, or owned by an order.
    pub async fn release(&mut self, reservation: &str, id: &str) -> Result<Reservation, ClientError> {
        let path = format!("/v1/reservations/{}", segment(reservation));
        self.call(Method::Delete, &path, Some(id), None).await
    }

    async fn batch(
        &mut self,
        path: &str,
        id: &str,
        body: &impl Serialize,
    ) -> Result<Vec<LineResult>, ClientError> {
        #[derive(serde::Deserialize)]
        struct Results {
            results: Vec<LineResult>,
        }
        let body = serde_json::to_vec(body)?;
        self.call::<Results>(Method::Post, path, Some(id), Some(&body)).await.map(|results| results.results)
    }

    pub(super) async fn call<T: DeserializeOwned>(
        &mut self,
        method: Method,
        path: &str,
        id: Option<&str>,
        body: Option<&[u8]>,
    ) -> Result<T, ClientError> {
        let request = Request { method, path, id, body };
        let repeatable = id.is_some() || method == Method::Get;
        let until = Instant::now() + self.patience;
        let mut pause = PAUSE_MIN;
        // A command once in doubt stays so until it is answered: "not done" said later speaks of the later attempt only.
        let mut doubt = None;
        loop {
            let failed = match self.connection.send(&request).await {
                Ok(status @ 200..=299) => {
                    self.status = status;
                    return Ok(serde_json::from_slice(self.connection.body())?);
                }
                Ok(status) => {
                    self.status = status;
                    let retry_after_s = self.connection.retry_after_s();
                    ClientError::Problem(Box::new(Problem::read(
                        status,
                        self.connection.body(),
                        retry_after_s,
                    )))
                }
                Err(error) => error,
            };
            let verdict = failed.verdict();
            if verdict == Verdict::Refused {
                return Err(failed);
            }
            if !repeatable || Instant::now() + pause >= until {
                return Err(if verdict == Verdict::NotDone { doubt.unwrap_or(failed) } else { failed });
            }
            if verdict == Verdict::Unknown {
                doubt = Some(failed);
            }
            self.asked_again += 1;
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(PAUSE_MAX);
        }
    }
}

#[cfg(test)]
#[expect(
    clippy::disallowed_types,
    reason = "the fake's notes are locked for a few instructions, never across an await"
)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::client::fake;
    use crate::client::model::CartLine;

    const HELD: &str = "{\"reservation\":\"r/1\",\"state\":\"reserved\",\"lines\":[\
                        {\"sku\":\"A\",\"quantity\":2,\"warehouse\":\"BER\"},{\"sku\":\"A\",\"quantity\":1,\"warehouse\":null}]}";

    type Asked = Arc<Mutex<Vec<fake::Asked>>>;

    /// A client on a fake that gives these answers in turn, and notes what it was asked.
    async fn client(answers: Vec<Option<(u16, &'static str)>>) -> (Client, Asked) {
        let notes = Asked::default();
        let (seen, answers) = (Arc::clone(&notes), Mutex::new(answers.into_iter()));
        let url = fake::serve(move |asked| {
            seen.lock().unwrap().push(asked);
            let answer = answers.lock().unwrap().next().unwrap();
            answer.map(|(status, body)| (status, body.to_owned()))
        })
        .await;
        let target = Arc::new(Target::new(&url, None).unwrap());
        (Client::new(target, Duration::from_secs(5)).with_patience(Duration::from_secs(20)), notes)
    }

    fn wish() -> NewReservation {
        let lines = vec![CartLine { sku: "A".into(), quantity: 3 }];
        NewReservation { channel: "web-de".into(), cart: None, lines, ttl_s: Some(60) }
    }

    /// Busy, unknown and cut connections are asked again, always under the first id, until the answer is known.
    #[tokio::test]
    async fn patience_keeps_the_id() {
        let answers = vec![
            Some((503, "{\"code\":\"busy\"}")),
            None,
            Some((503, "{\"code\":\"outcome_unknown\"}")),
            Some((201, HELD)),
        ];
        let (mut client, notes) = client(answers).await;
        let held = client.reserve("id-1", &wish()).await.unwrap();
        assert_eq!(held.per_sku().into_iter().collect::<Vec<_>>(), [("A", 3)]);
        assert_eq!(
            client.asked_again(),
            2,
            "the kept connection that was cut is the connection's own affair"
        );
        let notes = notes.lock().unwrap();
        assert_eq!(notes.len(), 4);
        assert!(
            notes.iter().all(|asked| asked.id.as_deref() == Some("id-1") && asked.path == "/v1/reservations")
        );
        assert_eq!(notes[0].body["lines"][0]["quantity"], 3);
        assert!(notes[0].body.get("cart").is_none());
    }

    /// A command that may have been done is not called "not done" because the daemon was away at the last attempt.
    #[tokio::test]
    async fn doubt_remains() {
        let mut busy = vec![Some((503, "{\"code\":\"outcome_unknown\"}")); 2];
        busy.extend(vec![Some((503, "{\"code\":\"busy\"}")); 100]);
        let (client, _) = client(busy).await;
        let mut client = client.with_patience(Duration::from_millis(200));
        let error = client.reserve("id-1", &wish()).await.unwrap_err();
        assert_eq!((error.code(), error.verdict()), (Some("outcome_unknown"), Verdict::Unknown));
    }

    /// A refusal is told at once, with its code and numbers.
    #[tokio::test]
    async fn refusals_are_final() {
        let refusal = "{\"code\":\"insufficient_stock\",\"lines\":[{\"sku\":\"A\",\"asked\":3,\"free\":1}]}";
        let (mut client, notes) = client(vec![Some((409, refusal))]).await;
        let error = client.reserve("id-1", &wish()).await.unwrap_err();
        assert_eq!((error.code(), error.verdict()), (Some("insufficient_stock"), Verdict::Refused));
        let ClientError::Problem(problem) = error else { panic!("a problem") };
        assert_eq!(problem.lines[0]["free"], 1);
        assert_eq!(notes.lock().unwrap().len(), 1);
    }

    /// Each step of a reservation goes to its own address, whatever characters the id has.
    #[tokio::test]
    async fn steps_and_their_addresses() {
        let (mut client, notes) = client(vec![Some((200, HELD)); 5]).await;
        client.reservation("r/1").await.unwrap();
        client.extend("r/1", "c-1", 30).await.unwrap();
        client.allocate("r/1", "c-2").await.unwrap();
        client.ship("r/1", "c-3").await.unwrap();
        client.release("r/1", "c-4").await.unwrap();
        let notes = notes.lock().unwrap();
        let told: Vec<String> =
            notes.iter().map(|asked| format!("{} {}", asked.method, asked.path)).collect();
        let root = "/v1/reservations/r%2F1";
        let expected = [
            format!("GET {root}"),
            format!("POST {root}/extend"),
            format!("POST {root}/allocate"),
            format!("POST {root}/ship"),
            format!("DELETE {root}"),
        ];
        assert_eq!(told, expected);
        assert_eq!(notes[1].body["ttl_s"], 30);
    }

    /// Lists of SKUs survive the query, and a page's end is known.
    #[tokio::test]
    async fn queries() {
        let items = "{\"items\":[{\"sku\":\"A\",\"available\":4,\"state\":\"in_stock\"}]}";
        let (mut client, notes) = client(vec![Some((200, items)), Some((200, "{\"items\":[]}"))]).await;
        let told = client.availability("web-de", &["A", "B&C"]).await.unwrap();
        assert_eq!((told[0].sku.as_str(), told[0].available), ("A", 4));
        assert_eq!(client.stock_page(Some("ä"), 9).await.unwrap().next, None);
        let notes = notes.lock().unwrap();
        assert_eq!(notes[0].path, "/v1/channels/web-de/availability?sku=A&sku=B%26C");
        assert_eq!(notes[1].path, "/v1/stock?limit=9&after=%C3%A4");
    }
}
