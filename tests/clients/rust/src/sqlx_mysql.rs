//! sqlx with MySQL.

use sqlx::mysql::{MySqlConnectOptions, MySqlSslMode};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Row as _};

use crate::{Login, Row};

/// Connects, with what the case asks for, and returns the row of its query.
pub async fn log_in(login: &Login) -> Row {
    let mut options = MySqlConnectOptions::new()
        .host(&login.host)
        .port(login.port)
        .username(&login.user)
        .password(&login.token)
        .database(&login.database)
        .ssl_mode(MySqlSslMode::VerifyIdentity)
        .ssl_ca(&login.ca_file)
        .enable_cleartext_plugin(true);
    if login.does("set no sql_mode") {
        options = options.pipes_as_concat(false).no_engine_substitution(false);
    }
    let mut connection = options.connect().await?;
    let query = AssertSqlSafe(login.query.clone());
    let row = if login.does("prepare") {
        sqlx::query(query).fetch_one(&mut connection).await?
    } else {
        sqlx::raw_sql(query).fetch_one(&mut connection).await?
    };
    connection.close().await?;
    Ok((0..row.len()).map(|column| row.try_get_unchecked(column)).collect::<Result<_, _>>()?)
}
