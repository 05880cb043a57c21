//! One login to the emulator by a driver for Rust, with a token that is signed already.
//!
//! Takes the case as JSON in its first argument and prints the outcome as JSON: `{"row": […]}` or
//! `{"error": "…"}`. sqlx has one name for the socket and for the certificate, so with it this runs
//! where the endpoint's name leads to the emulator.

mod deadpool;
mod mysql_async;
mod sqlx_mysql;
mod sqlx_postgres;

use std::error::Error;

use serde::Deserialize;
use serde_json::json;

type Row = Result<Vec<String>, Box<dyn Error>>;

/// Where and how to log in, what to ask, and what else to do.
#[derive(Deserialize)]
struct Login {
    driver: String,
    host: String,
    address: String,
    port: u16,
    user: String,
    token: String,
    database: String,
    ca_file: String,
    query: String,
    #[serde(default)]
    does: Vec<String>,
}

impl Login {
    fn does(&self, what: &str) -> bool {
        self.does.iter().any(|does| does == what)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let login: Login = serde_json::from_str(&std::env::args().nth(1).ok_or("no login")?)?;
    let outcome = match log_in(&login).await {
        Ok(row) => json!({ "row": row }),
        Err(error) => json!({ "error": chain(&*error) }),
    };
    println!("{outcome}");
    Ok(())
}

async fn log_in(login: &Login) -> Row {
    match login.driver.as_str() {
        "deadpool" => deadpool::log_in(login).await,
        "mysql_async" => mysql_async::log_in(login).await,
        "sqlx-mysql" => sqlx_mysql::log_in(login).await,
        "sqlx-postgres" => sqlx_postgres::log_in(login).await,
        driver => Err(format!("no driver is named {driver}").into()),
    }
}

/// An error with all that it comes from.
fn chain(error: &(dyn Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |&error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
