//! The proxies of an account and region, for who knows a proxy's name and not its endpoint.

use aws_credential_types::Credentials;
use tokio::time::Instant;

use super::asker::{Asker, Dates};
use super::{FailedCall, PROXIES};
use crate::clock::Clock;
use crate::config::Region;
use crate::connector::Contact;
use crate::token::{Secrets, client_config, refusal};

/// The most proxies that are read: an account may have 20 in a region unless AWS raises that
/// (<https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.html#rds-proxy.limitations>).
const LIMIT: usize = 1_000;

/// A proxy's name, and where it listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedProxy {
    /// Its name.
    pub name: String,
    /// The host name of its default endpoint; `None` while it is being created.
    pub endpoint: Option<String>,
    /// `POSTGRESQL`, `MYSQL` or `SQLSERVER`.
    pub engine_family: Option<String>,
}

/// The proxies that these keys can list in a region, until a deadline.
///
/// # Errors
/// [`FailedCall`].
pub async fn list_proxies(
    region: &Region,
    keys: Credentials,
    clock: &Clock,
    deadline: Instant,
) -> Result<Vec<ListedProxy>, FailedCall> {
    let secrets = Secrets::of_keys(&keys);
    let asker = Asker { clock, secrets, deadline, dates: Dates::new(clock) };
    let list = async {
        let contact = Contact::default();
        let sdk = client_config(region, keys, &contact).await;
        let client = aws_sdk_rds::Client::new(&sdk);
        let mut items = client.describe_db_proxies().into_paginator().items().send();
        let mut listed = Vec::new();
        while let Some(item) = items.next().await {
            let proxy = item.map_err(|error| refusal(&error, clock, &asker.secrets))?;
            listed.push(ListedProxy {
                name: proxy.db_proxy_name().unwrap_or_default().to_owned(),
                endpoint: proxy.endpoint().map(str::to_owned),
                engine_family: proxy.engine_family().map(str::to_owned),
            });
            if listed.len() == LIMIT {
                break;
            }
        }
        Ok(listed)
    };
    Box::pin(asker.within(PROXIES, list)).await
}
