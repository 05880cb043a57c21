//! On a terminal: steps as they happen, colors, a screen, a narrow one.

use crate::support::terminal::Terminal;
use crate::support::{Vars, emulator, run, settled};

#[tokio::test]
async fn a_pipe_gets_no_escape_codes_and_a_terminal_gets_colors() {
    let emulator = emulator().await;
    let vars = Vars::of(&emulator);
    assert!(!run(&vars, &["check"]).await.stdout.contains('\u{1b}'));
    let seen = Terminal::USUAL.run(&vars, &["check"]).await;
    assert!(seen.bytes.contains("\u{1b}[32m✓\u{1b}[0m query"), "{:?}", seen.bytes);
    let plain = Terminal::USUAL.run(&vars.clone().with("NO_COLOR", "1"), &["check"]).await;
    assert!(!plain.bytes.contains("\u{1b}[3") && !plain.bytes.contains("\u{1b}[1"));
    assert_eq!((seen.status, plain.status), (0, 0));
}

#[tokio::test]
async fn the_step_under_way_is_seen_until_it_ends() {
    let emulator = emulator().await;
    let seen = Terminal::USUAL.run(&Vars::of(&emulator), &["check"]).await;
    let steps = ["config", "credentials", "sign", "resolve", "connect", "tls", "authenticate"];
    for step in steps {
        assert!(seen.bytes.contains(&format!("  … {step}\r\u{1b}[K")), "{step}: {:?}", seen.bytes);
        assert!(!seen.screen().contains(&format!("… {step}")), "{}", seen.screen());
    }
}

#[tokio::test]
async fn without_utf_8_marks_are_ascii() {
    let emulator = emulator().await;
    let vars = Vars::of(&emulator).with("LC_ALL", "C");
    let written = run(&vars, &["check", "--connect-to", "127.0.0.1:1"]).await;
    assert!(written.stdout.contains("  + config"), "{}", written.stdout);
    assert!(written.stdout.contains("  x connect"), "{}", written.stdout);
    assert!(written.stdout.lines().take(8).all(str::is_ascii), "{}", written.stdout);
}

#[tokio::test]
async fn forty_columns_are_enough() {
    let emulator = emulator().await;
    let terminal = Terminal { columns: 40, ..Terminal::USUAL };
    let vars = Vars::of(&emulator).with("DB_NAME", "nowhere");
    let seen = terminal.run(&vars, &["check"]).await;
    let screen = settled(&seen.screen());
    insta::assert_snapshot!(screen, @r#"
    demo.proxy-emulated0001.us-east-1.rds.amazonaws.com:5432
    as "app" through 127.0.0.1:N
      ✓ config N ms
      ✓ credentials N ms
      ✓ sign N ms
      ✓ resolve N ms
      ✓ connect N ms
      ✓ tls N ms
      ✗ authenticate N ms  failed

    Unhealthy: database_not_found
    The database behind the proxy said:
    Request returned an error: database
    "nowhere" does not exist (XX000).

    Most likely: The database's name is
      mistyped, or it was never created on
      this server.
    To fix it: List the server's databases,
      logged in to the database "postgres",
      and set --name to one of them. If
      yours is missing, create it (CREATE
      DATABASE).

        psql -h 127.0.0.1 -p N -U app -d postgres -l

        CREATE DATABASE "nowhere";

    More: rds-proxy-probe explain
    database_not_found
    "#);
    for line in screen.lines().filter(|line| !line.starts_with("    ")) {
        assert!(line.chars().count() <= 40 || !line.trim().contains(' '), "{line}");
    }
    assert_eq!(seen.status, 1);
}
