//! What is stored stays readable: golden files hold the bytes of version 1 still, random entries come back as they
//! were, and damage is told.

mod damage;
mod desk;
mod document;
mod golden;
mod random;
mod random_desk;
mod random_task;
mod same;
mod samples;
