//! What is known of actix 0.13.5, each first as the naked fact and then with our answer to it: silent deaths, starved
//! futures, a mailbox without a bound, and a decision made around an await. Beside them what the beats promise when a
//! store misbehaves and when time does.
//!
//! `naked` holds the facts, with actors that hold nothing else of the house; if one of its tests fails after an upgrade
//! of actix, something here may have become unnecessary. The other files are the answers.

mod away;
mod beside;
mod bound;
mod death;
mod flood;
mod kiosk;
mod naked;
mod refusal;
mod sale;
mod slow;
mod time;
mod world;
