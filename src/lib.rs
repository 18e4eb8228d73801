//! lagerd keeps one truth about stock.

pub mod actor;
pub mod cli;
pub mod client;
pub mod config;
pub mod domain;
pub mod edge;
pub mod journal;
pub mod runtime;
pub mod telemetry;
