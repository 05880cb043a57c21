//! The pipeline against a model of PostgreSQL, and the known bugs of other poolers one by one.

#[expect(clippy::wildcard_enum_match_arm, reason = "most commands are all the same here")]
mod command;
mod model;
mod pool;
mod property;
mod script;
