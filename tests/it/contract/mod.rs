//! The function against the emulator and the PostgreSQL behind it, where all is well.

mod attempts;
mod events;
mod gate;
mod gate_process;
mod login;
mod mysql;
mod report;
mod samples;
mod signing;
mod traffic;
mod warm;
