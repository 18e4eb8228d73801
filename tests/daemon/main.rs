//! The built binary, seen from outside: processes that are started, killed, starved and lied to, over real ports, on
//! the embedded store and on a real Redis, and from pages in a real browser. What a client was told is compared with
//! what the store has in the end.
//!
//! Every daemon has a folder, a port and a store of its own. Nothing here sleeps to let something happen, and nothing
//! is tried again because it failed: tests wait for a condition, and a command of unknown outcome is asked again under
//! its id, as the contract says.

// Marked as test code so that the whole file, not only its `#[test]` functions, may unwrap.
#[cfg(test)]
mod alerts;
#[cfg(test)]
mod amqp_commands;
#[cfg(test)]
mod amqp_events;
#[cfg(test)]
mod amqp_example;
#[cfg(test)]
mod amqp_talk;
#[cfg(test)]
mod amqp_trace;
#[cfg(test)]
mod asyncapi;
#[cfg(test)]
mod browser;
#[cfg(test)]
mod browser_feed;
#[cfg(test)]
mod carts;
#[cfg(test)]
mod confirming;
#[cfg(test)]
#[path = "../example/consumer.rs"]
mod consumer;
#[cfg(test)]
mod crowd;
#[cfg(test)]
mod duel;
#[cfg(test)]
mod feed_commands;
#[cfg(test)]
mod feed_doors;
#[cfg(test)]
mod feed_hostile;
#[cfg(test)]
mod feed_raw;
#[cfg(test)]
mod feed_readers;
#[cfg(test)]
mod feed_truth;
#[cfg(test)]
mod files;
#[cfg(test)]
mod loss;
#[cfg(test)]
mod manager;
#[cfg(test)]
mod mixed;
#[cfg(test)]
mod observing;
#[cfg(test)]
mod odd;
#[cfg(test)]
mod operation;
#[cfg(test)]
mod order_files;
#[cfg(test)]
mod orders_carrying;
#[cfg(test)]
mod orders_durable;
#[cfg(test)]
mod orders_market;
#[cfg(test)]
mod orders_paying;
#[cfg(test)]
mod orders_returning;
#[cfg(test)]
mod orders_routing;
#[cfg(test)]
mod orders_selling;
#[cfg(test)]
mod orders_waiting;
#[cfg(test)]
mod orders_words;
#[cfg(test)]
mod overview;
#[cfg(test)]
mod page;
#[cfg(test)]
mod page_work;
#[cfg(test)]
#[path = "../common/port.rs"]
mod port;
#[cfg(test)]
mod privacy;
#[cfg(test)]
mod process;
#[cfg(test)]
mod rabbit;
#[cfg(test)]
#[path = "../common/rabbit_server.rs"]
mod rabbit_server;
#[cfg(test)]
#[path = "../common/redis_server.rs"]
mod redis_server;
#[cfg(test)]
mod restart;
#[cfg(test)]
mod scopes;
#[cfg(test)]
mod scopes_table;
#[cfg(test)]
mod scopes_world;
#[cfg(test)]
mod service;
#[cfg(test)]
mod shared;
#[cfg(test)]
mod talk;
#[cfg(test)]
mod till;
#[cfg(test)]
mod tokens;
#[cfg(test)]
mod topics;
#[cfg(test)]
#[path = "../common/wait.rs"]
mod wait;
