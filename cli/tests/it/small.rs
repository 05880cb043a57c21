//! `token`, `explain`, `completions`, and wrong usage.

use rds_proxy_emulator::Emulator;
use rds_proxy_probe_cli::options::Arguments;

use crate::support::{Vars, emulator, run};

/// Whether a check, whose token the emulator accepts, sends the same but for date and signature.
async fn is_what_a_check_sends(token: &str, emulator: &Emulator, vars: &Vars) -> bool {
    assert_eq!(run(vars, &["check"]).await.status, Some(0));
    let lasting = |token: &str| {
        let parts = token.split('&').filter(|part| {
            !part.starts_with("X-Amz-Date=") && !part.starts_with("X-Amz-Signature=")
        });
        parts.map(str::to_owned).collect::<Vec<_>>()
    };
    emulator.passwords_received().iter().any(|sent| lasting(sent) == lasting(token))
}

#[tokio::test]
async fn a_token_is_printed_alone() {
    let emulator = emulator().await;
    let vars = Vars::of(&emulator);
    let written = run(&vars, &["token"]).await;
    assert_eq!((written.stderr.as_str(), written.status), ("", Some(0)));
    assert_eq!(written.stdout.lines().count(), 1);
    let token = written.stdout.trim_end();
    assert!(token.starts_with(vars.get("DB_HOST")), "{token}");
    assert!(token.contains(":5432/?Action=connect&DBUser=app&"), "{token}");
    assert!(is_what_a_check_sends(token, &emulator, &vars).await);
}

#[tokio::test]
async fn no_keys_and_no_iam_are_why_there_is_no_token() {
    let vars = Vars::none()
        .with("HOME", "/nonexistent")
        .with("DB_HOST", "app.proxy-abc.eu-west-1.rds.amazonaws.com");
    let missing = run(&vars, &["token", "--user", "app"]).await;
    assert!(missing.stderr.starts_with("error: credentials_missing\n"), "{}", missing.stderr);
    assert_eq!((missing.stdout.as_str(), missing.status), ("", Some(1)));
    let arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:app-AbCdEf";
    let secret = run(&vars, &["token", "--auth", "secret", "--secret-arn", arn]).await;
    let expected = "error: a token is for IAM, and --auth (or DB_AUTH) is \"secret\"\n";
    assert_eq!((secret.stderr.as_str(), secret.status), (expected, Some(2)));
}

#[tokio::test]
async fn explain_prints_the_entry_and_names_the_nearest_code() {
    let written = run(&Vars::none(), &["explain", "dns_not_found"]).await;
    assert_eq!((written.stderr.as_str(), written.status), ("", Some(0)));
    assert!(written.stdout.starts_with("dns_not_found\n\n"), "{}", written.stdout);
    assert!(!written.stdout.contains('`'), "{}", written.stdout);
    let wrong = run(&Vars::none(), &["explain", "dns_notfound"]).await;
    let expected = "error: there is no code \"dns_notfound\"; did you mean dns_not_found?\n";
    assert_eq!((wrong.stderr.as_str(), wrong.status), (expected, Some(2)));
}

#[tokio::test]
async fn every_code_is_explained_within_the_width_but_for_what_is_pasted() {
    for code in rds_proxy_probe::diagnosis::Code::ALL {
        let written = run(&Vars::none(), &["explain", code.as_str()]).await;
        assert!(written.stdout.lines().count() > 4, "{code:?}");
        for line in written.stdout.lines().filter(|line| !line.starts_with("    ")) {
            let is_one_word = !line.trim().trim_start_matches("- ").contains(' ');
            assert!(line.chars().count() <= 80 || is_one_word, "{code:?}: {line}");
        }
    }
}

#[tokio::test]
async fn remedies_speak_of_where_the_command_runs_and_of_its_options() {
    let pod = Vars::none().with("KUBERNETES_SERVICE_HOST", "10.0.0.1");
    for (vars, place) in [(Vars::none(), "this machine"), (pod, "this container")] {
        let explained = run(&vars, &["explain", "tcp_timeout"]).await.stdout;
        let words = explained.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains(&format!("does not allow connections from {place},")), "{words}");
        let others = ["the function", "The function", "DB_", "aws lambda"];
        assert!(!others.iter().any(|other| words.contains(other)), "{words}");
        assert!(words.contains("--connect-to"), "{words}");
    }
    let text = "Error: connect ETIMEDOUT 10.0.0.1:5432";
    let diagnosed = run(&Vars::none(), &["diagnose", text]).await.stdout;
    assert!(diagnosed.contains("the application"), "{diagnosed}");
}

#[tokio::test]
async fn completions_are_what_bash_can_load() {
    let written = run(&Vars::none(), &["completions", "bash"]).await;
    assert_eq!(written.status, Some(0));
    // Completes "rds-proxy-probe check --ho" as bash does when Tab is pressed.
    let script = format!(
        "{}\nCOMP_WORDS=(rds-proxy-probe check --ho); COMP_CWORD=2\n\
         completer=$(complete -p rds-proxy-probe | sed 's/.*-F \\([^ ]*\\).*/\\1/')\n\
         $completer rds-proxy-probe --ho check; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        written.stdout
    );
    let output = Vars::none().of_program("bash", &["-c", &script]).output().await.unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "--host\n");
    for shell in ["zsh", "fish"] {
        let written = run(&Vars::none(), &["completions", shell]).await;
        assert!(written.stdout.contains("connect-to"), "{shell}");
    }
}

#[tokio::test]
async fn every_command_has_a_manual_page_with_its_options() {
    let whole = run(&Vars::none(), &["man"]).await;
    assert!(whole.stdout.contains("\\-\\-version") && whole.stdout.contains("check"), "{whole:?}");
    for command in Arguments::definition().get_subcommands() {
        let name = command.get_name();
        let page = run(&Vars::none(), &["man", name]).await;
        assert!(page.stdout.contains(&format!(".TH rds-proxy-probe-{name} 1")), "{page:?}");
        assert!(page.stdout.contains("Examples:"), "{page:?}");
        assert_eq!((page.stderr.as_str(), page.status), ("", Some(0)));
    }
    let wrong = run(&Vars::none(), &["man", "wacht"]).await;
    let expected = "error: there is no command \"wacht\"; did you mean watch?\n";
    assert_eq!((wrong.stderr.as_str(), wrong.status), (expected, Some(2)));
}

#[tokio::test]
async fn wrong_usage_goes_to_standard_error_with_status_2() {
    for arguments in [&[][..], &["check", "--hots", "x"], &["explain"], &["completions", "tcsh"]] {
        let written = run(&Vars::none(), arguments).await;
        assert_eq!((written.stdout.as_str(), written.status), ("", Some(2)), "{arguments:?}");
        assert!(!written.stderr.is_empty(), "{arguments:?}");
    }
    for arguments in [&["--help"][..], &["--version"], &["check", "--help"]] {
        let written = run(&Vars::none(), arguments).await;
        assert_eq!((written.stderr.as_str(), written.status), ("", Some(0)), "{arguments:?}");
    }
}
