//! sqlx with PostgreSQL.

use std::error::Error;

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::postgres::{PgConnectOptions, PgListener, PgPool, PgPoolOptions, PgSslMode};
use sqlx::{AssertSqlSafe, Row as _, SqlSafeStr as _};

use crate::{Login, Row};

/// Connects, returns the row of the case's query, and does what else it asks for.
pub async fn log_in(login: &Login) -> Row {
    let options = PgConnectOptions::new_without_pgpass()
        .host(&login.host)
        .port(login.port)
        .username(&login.user)
        .password(&login.token)
        .database(&login.database)
        .ssl_mode(PgSslMode::VerifyFull)
        .ssl_root_cert(&login.ca_file);
    let pool = PgPoolOptions::new().max_connections(1).connect_with(options).await?;
    let row = sqlx::query(AssertSqlSafe(login.query.clone())).fetch_one(&pool).await?;
    if login.does("transactions") {
        transactions(&pool).await?;
    }
    if login.does("migrate") {
        migrator(1).run(&pool).await?;
    }
    if login.does("migrate without a lock") {
        migrator(2).set_locking(false).run(&pool).await?;
    }
    if login.does("listen") {
        PgListener::connect_with(&pool).await?.listen("news").await?;
    }
    pool.close().await;
    Ok((0..row.len()).map(|column| row.try_get_unchecked(column)).collect::<Result<_, _>>()?)
}

/// Parameters, and transactions with and without an isolation level.
async fn transactions(pool: &PgPool) -> Result<(), Box<dyn Error>> {
    for begin in ["BEGIN", "BEGIN ISOLATION LEVEL SERIALIZABLE"] {
        let mut transaction = pool.begin_with(begin).await?;
        for number in 0..3 {
            sqlx::query("SELECT $1").bind(number).fetch_one(&mut *transaction).await?;
        }
        transaction.commit().await?;
    }
    Ok(())
}

/// As many migrations as wanted, of a table each.
fn migrator(count: i64) -> Migrator {
    let migration = |number| {
        let sql = AssertSqlSafe(format!("CREATE TABLE sqlx_{number} ()")).into_sql_str();
        Migration::new(number, "a table".into(), MigrationType::Simple, sql, false)
    };
    Migrator::with_migrations((1..=count).map(migration).collect())
}
