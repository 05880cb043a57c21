//! One login to the emulator by sqlx, with a token that is signed already.
//!
//! Takes the case as JSON in its first argument and prints the outcome as JSON: `{"row": […]}` or
//! `{"error": "…"}`. sqlx has one name for the socket and for the certificate, so it runs where the
//! endpoint's name leads to the emulator.

use std::error::Error;

use serde_json::{Value, json};
use sqlx::mysql::{MySqlConnectOptions, MySqlRow, MySqlSslMode};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Row as _};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let login: Value = serde_json::from_str(&std::env::args().nth(1).ok_or("no login")?)?;
    let outcome = match log_in(&login).await {
        Ok(row) => json!({ "row": row }),
        Err(error) => json!({ "error": chain(&*error) }),
    };
    println!("{outcome}");
    Ok(())
}

/// Connects, with what the case asks for, and returns the row of its query.
async fn log_in(login: &Value) -> Result<Vec<String>, Box<dyn Error>> {
    let text = |name: &str| login[name].as_str().unwrap_or_default();
    let mut options = MySqlConnectOptions::new()
        .host(text("host"))
        .port(u16::try_from(login["port"].as_u64().unwrap_or_default())?)
        .username(text("user"))
        .password(text("token"))
        .database(text("database"))
        .ssl_mode(MySqlSslMode::VerifyIdentity)
        .ssl_ca(text("ca_file"))
        .enable_cleartext_plugin(true);
    if login["sets_no_sql_mode"] == true {
        options = options.pipes_as_concat(false).no_engine_substitution(false);
    }
    let mut connection = options.connect().await?;
    let query = AssertSqlSafe(text("query").to_owned());
    let row = if login["prepares"] == true {
        sqlx::query(query).fetch_one(&mut connection).await?
    } else {
        sqlx::raw_sql(query).fetch_one(&mut connection).await?
    };
    connection.close().await?;
    texts(&row)
}

fn texts(row: &MySqlRow) -> Result<Vec<String>, Box<dyn Error>> {
    Ok((0..row.len()).map(|column| row.try_get_unchecked(column)).collect::<Result<_, _>>()?)
}

/// An error with all that it comes from.
fn chain(error: &(dyn Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |&error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
