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

pub(crate) use lab::{alone, lines};
pub(crate) use model::Model;
pub(crate) use pool::first;
pub(crate) use script::{bind, copy_data, copy_done, execute, parse, query, sync};

use super::{Message, Request};
use crate::sql::Verdict;

fn pass(message: Message<'_>) -> Request<'_> {
    Request::Pass(message, Verdict::Free)
}
