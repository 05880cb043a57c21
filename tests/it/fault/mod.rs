//! What a server, a network or an environment can do wrong: each ends in its own code, inside the
//! budget.

mod authenticate;
mod budget;
mod config;
mod connect;
mod query;
mod service;
mod tls;
