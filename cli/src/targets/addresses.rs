//! Every address behind a name: a proxy has several nodes, and one connection reaches one of them.

use std::net::SocketAddr;

use rds_proxy_probe::config::{Config, SocketHost, SocketTarget};
use rds_proxy_probe::session::resolve;
use tokio::time::timeout;

use super::Target;

/// A target for each address behind the configured name. If the name has none, the configuration
/// itself, whose probe says why.
pub async fn every_address(config: Config) -> Vec<Target> {
    let looked_up = timeout(config.limits.timeout, resolve(&config.socket)).await;
    let Ok(Ok(addresses)) = looked_up else {
        return vec![Target { label: super::label(&config), config }];
    };
    addresses.into_iter().map(|address| at(&config, address)).collect()
}

fn at(config: &Config, address: SocketAddr) -> Target {
    let socket = SocketTarget { host: SocketHost::Address(address.ip()), port: address.port() };
    Target { label: address.to_string(), config: Config { socket, ..config.clone() } }
}
