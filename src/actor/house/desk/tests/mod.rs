//! Orders through a whole house on the memory store.

mod life;
mod shop;
mod traced;
mod trouble;
