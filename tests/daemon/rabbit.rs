//! The broker the other tests rely on, tried by itself.

use futures_util::StreamExt;
use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, BasicPublishOptions, ConfirmSelectOptions, QueueDeclareOptions,
};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{BasicProperties, Connection, ConnectionProperties};

use crate::rabbit_server::{RabbitServer, shared};

/// What was confirmed is still there after a kill and a stall, and two tests on one broker do not see each other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_keeps_what_it_confirmed() {
    let Some(mut server) = RabbitServer::start().await else { return };
    let (url, other) = (server.fresh(), server.fresh());
    let connection = connect(&url).await;
    let channel = connection.create_channel().await.expect("a channel");
    let mut arguments = FieldTable::default();
    arguments.insert("x-queue-type".into(), AMQPValue::LongString("quorum".into()));
    let durable = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
    channel.queue_declare("kept".into(), durable, arguments).await.expect("a queue");
    channel.confirm_select(ConfirmSelectOptions::default()).await.expect("confirms");
    let sent = channel.basic_publish(
        "".into(),
        "kept".into(),
        BasicPublishOptions::default(),
        b"kept",
        BasicProperties::default().with_delivery_mode(2),
    );
    assert!(sent.await.expect("sent").await.expect("confirmed").is_ack());
    server.keeps(&url, "kept").await;
    server.kill().await;
    assert!(Connection::connect(&url, ConnectionProperties::default()).await.is_err());
    server.restart().await;
    server.stall(true);
    server.stall(false);
    let connection = connect(&url).await;
    let channel = connection.create_channel().await.expect("a channel");
    let taken = channel.basic_consume(
        "kept".into(),
        "".into(),
        BasicConsumeOptions::default(),
        FieldTable::default(),
    );
    let mut taken = taken.await.expect("a consumer");
    let delivery = taken.next().await.expect("a message").expect("a message");
    assert_eq!(delivery.data, b"kept");
    delivery.ack(BasicAckOptions::default()).await.expect("acknowledged");
    let elsewhere = connect(&other).await;
    let channel = elsewhere.create_channel().await.expect("a channel");
    let passive = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
    assert!(channel.queue_declare("kept".into(), passive, FieldTable::default()).await.is_err());
    assert!(server.control(&["list_vhosts"]).await.contains("t0"));
    server.stop().await;
}

/// Tests that share a broker have a host each.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shared_broker_has_room_for_several() {
    let (Some(one), Some(other)) = (shared().await, shared().await) else { return };
    assert_ne!(one, other);
    connect(&one).await;
    connect(&other).await;
}

async fn connect(url: &str) -> Connection {
    Connection::connect(url, ConnectionProperties::default()).await.expect("rabbitmq-server answers")
}
