//! What outlives an invocation, under strain: many at once, frozen, for long, and while things
//! break. `contract::warm` has the rules of the kept session one by one.

mod concurrent;
mod freeze;
mod pins;
mod soak;
mod table;
