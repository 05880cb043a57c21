//! The function against the emulator and the database behind it, where all is well.

mod attempts;
mod events;
mod gate;
mod gate_process;
mod login;
mod mysql;
mod other_engine;
mod report;
mod samples;
mod signing;
mod traffic;
mod warm;
