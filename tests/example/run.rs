//! `cargo run --example consumer -- AMQP_URL QUEUE HTTP_URL FILE`: keeps the levels of a daemon in a file.

#![expect(clippy::print_stderr, reason = "it speaks to whoever started it")]

#[expect(clippy::indexing_slicing, reason = "a field that JSON lacks reads as null")]
mod consumer;

use std::sync::Arc;
use std::time::Duration;

use lagerd::client::{Client, Target};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [amqp, queue, http, file] = words.as_slice() else {
        return Err("say AMQP_URL QUEUE HTTP_URL FILE".into());
    };
    let mut client = Client::new(Arc::new(Target::new(http, None)?), Duration::from_secs(10));
    loop {
        if let Err(error) = consumer::consume(amqp, queue, &mut client, file.into()).await {
            eprintln!("{error}; trying again");
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}
