//! The door as its callers meet it: over a real socket, with a house on the memory store behind it.

mod changes;
mod documents;
mod following;
mod hostile;
mod owned;
mod papers;
mod privacy;
mod reading;
mod selling;
mod shop;
