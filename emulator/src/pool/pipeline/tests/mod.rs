//! The pipeline against a model of PostgreSQL, and the known bugs of other poolers one by one.

mod bounds;
mod command;
mod copy;
mod known;
mod lab;
mod model;
mod pool;
mod property;
mod rules;
mod script;
mod sql;

use super::{Message, Request};
use crate::sql::Verdict;

fn pass(message: Message<'_>) -> Request<'_> {
    Request::Pass(message, Verdict::Free)
}
