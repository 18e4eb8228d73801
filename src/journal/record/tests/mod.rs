//! What is stored stays readable: golden files hold the bytes of version 1 still, random entries come back as they
//! were, and damage is told.

mod damage;
mod golden;
mod random;
mod samples;
