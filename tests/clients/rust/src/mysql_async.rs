//! mysql_async, in its pool.

use std::path::PathBuf;

use mysql_async::prelude::Queryable as _;
use mysql_async::{OptsBuilder, Pool, SslOpts, TxOpts};

use crate::{Login, Row};

/// Returns the row of the case's query, and does what else it asks for.
pub async fn log_in(login: &Login) -> Row {
    let tls = SslOpts::default()
        .with_root_certs(vec![PathBuf::from(&login.ca_file).into()])
        .with_disable_built_in_roots(true)
        .with_danger_tls_hostname_override(Some(login.host.clone()));
    let options = OptsBuilder::default()
        .ip_or_hostname(&login.address)
        .tcp_port(login.port)
        .user(Some(&login.user))
        .pass(Some(&login.token))
        .db_name(Some(&login.database))
        .enable_cleartext_plugin(true)
        .ssl_opts(tls);
    let pool = Pool::new(options);
    let row: mysql_async::Row =
        pool.get_conn().await?.query_first(&login.query).await?.ok_or("no row")?;
    if login.does("transactions") {
        // The connection is reset before each of them.
        for _ in 0..2 {
            let mut transaction = pool.start_transaction(TxOpts::default()).await?;
            transaction.query_drop("SELECT 1").await?;
            transaction.commit().await?;
        }
    }
    if login.does("execute") {
        pool.get_conn().await?.exec_drop("SELECT ?", (1,)).await?;
    }
    pool.disconnect().await?;
    let text = |column| row.get_opt::<String, _>(column).ok_or("no column")?.map_err(Into::into);
    (0..row.len()).map(text).collect()
}
