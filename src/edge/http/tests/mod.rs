//! The door as its callers meet it: over a real socket, with a house on the memory store behind it.

mod changes;
mod confirming;
mod documents;
mod following;
mod fulfilling;
mod hostile;
mod orders;
mod overview;
mod owned;
mod page;
mod papers;
mod privacy;
mod reading;
mod secrecy;
mod selling;
mod shop;
