//! Every code is reached: by a fault of the emulator's, or by a test that makes its server, its
//! network, its AWS or its environment itself. And every row of the table is a code.

use std::collections::BTreeSet;

use rds_proxy_emulator::Fault;
use rds_proxy_probe::diagnosis::Code;

/// What reaches a code.
#[derive(Clone, Copy)]
enum By {
    /// A fault of the emulator's; `faults` beside this file runs each.
    Fault(&'static str),
    /// A test, by its path; it names the code itself.
    Test(&'static str),
}

const TABLE: &[(&str, By)] = &[
    ("config_invalid", By::Test("process::a_bad_environment_does_not_end_the_binary")),
    ("event_invalid", By::Test("process::an_unparsable_event_is_answered_and_so_is_the_next_one")),
    ("ca_invalid", By::Test("fault::config::a_ca_file_that_is_no_pem_is_ca_invalid")),
    ("credentials_missing", By::Test("matrix::keys::no_keys_anywhere_is_credentials_missing")),
    (
        "credentials_malformed",
        By::Test("matrix::damaged_keys::damaged_variables_are_named_before_anything_is_signed"),
    ),
    (
        "credentials_expired",
        By::Test("matrix::keys::a_containers_ended_keys_are_credentials_expired"),
    ),
    ("credentials_timeout", By::Test("matrix::keys::a_silent_sts_is_credentials_timeout")),
    (
        "assume_role_denied",
        By::Test("matrix::keys::a_refused_role_is_assume_role_denied_in_the_words_of_sts"),
    ),
    (
        "assume_role_failed",
        By::Test("matrix::keys::every_other_refusal_of_a_role_is_assume_role_failed"),
    ),
    (
        "secret_denied",
        By::Test("matrix::secret::a_refusal_for_lack_of_permission_is_secret_denied"),
    ),
    (
        "secret_not_found",
        By::Test("matrix::secret::a_secret_that_is_not_there_or_deleted_is_secret_not_found"),
    ),
    (
        "secret_malformed",
        By::Test("matrix::secret::a_secret_without_a_login_is_secret_malformed_and_not_repeated"),
    ),
    ("secret_timeout", By::Test("matrix::secret::silence_is_secret_timeout")),
    ("secret_failed", By::Test("matrix::secret::a_service_out_of_reach_is_secret_failed")),
    ("sign_failed", By::Test("fault::config::a_clock_beyond_the_calendar_is_sign_failed")),
    ("dns_not_found", By::Test("matrix::network::a_name_that_does_not_exist_is_dns_not_found")),
    ("dns_failed", By::Test("matrix::network::a_resolver_that_refuses_is_dns_failed")),
    ("dns_timeout", By::Test("matrix::network::a_silent_resolver_is_dns_timeout")),
    ("tcp_refused", By::Test("fault::connect::a_closed_port_is_tcp_refused")),
    ("tcp_unreachable", By::Test("matrix::network::a_network_without_a_route_is_tcp_unreachable")),
    ("tcp_timeout", By::Test("matrix::network::a_dropped_syn_is_tcp_timeout")),
    (
        "tcp_failed",
        By::Test("matrix::network::a_socket_that_the_machine_cannot_open_is_tcp_failed"),
    ),
    ("tls_not_offered", By::Fault("tls-refused")),
    ("tls_unknown_issuer", By::Fault("certificate-unknown-issuer")),
    ("tls_name_mismatch", By::Fault("certificate-other-name")),
    ("tls_certificate_expired", By::Fault("certificate-expired")),
    ("tls_certificate_not_yet_valid", By::Fault("certificate-not-yet-valid")),
    ("tls_certificate_invalid", By::Fault("certificate-wrong-purpose")),
    ("tls_handshake_failed", By::Fault("error-at-handshake")),
    ("tls_timeout", By::Fault("stall-at-handshake")),
    ("not_postgres", By::Fault("http")),
    (
        "not_mysql",
        By::Test(
            "matrix::mysql::a_server_of_the_other_engine_is_named_with_db_engine_as_the_remedy",
        ),
    ),
    ("iam_rejected", By::Fault("iam-rejected")),
    ("iam_throttled", By::Fault("iam-throttled")),
    ("proxy_has_no_credentials", By::Fault("no-credentials")),
    ("password_rejected", By::Fault("password-rejected")),
    ("tls_required", By::Fault("tls-required")),
    ("pam_rejected", By::Fault("direct-pam-rejected")),
    ("auth_method_unsupported", By::Fault("ask-scram")),
    ("startup_parameter_unsupported", By::Fault("parameter-unsupported")),
    ("database_not_found", By::Fault("database-not-found")),
    ("too_many_connections", By::Fault("too-many-clients")),
    ("connection_rate_exceeded", By::Fault("rate-exceeded")),
    ("borrow_timeout", By::Fault("borrow-timeout")),
    ("no_reader", By::Fault("no-reader")),
    ("server_unavailable", By::Fault("shutting-down")),
    ("connect_not_permitted", By::Fault("connect-denied")),
    ("auth_timeout", By::Fault("stall-at-password")),
    ("auth_connection_lost", By::Fault("close-at-password")),
    ("auth_failed", By::Fault("error-at-startup")),
    ("query_timeout", By::Fault("stall-at-query")),
    ("query_failed", By::Fault("error-at-query")),
    ("connection_lost", By::Fault("close-at-query")),
    (
        "role_mismatch",
        By::Test("contract::report::a_reader_where_a_writer_was_expected_is_degraded"),
    ),
    (
        "auth_not_asked",
        By::Test(
            "fault::authenticate::a_server_that_asks_for_no_token_is_auth_not_asked_at_the_login",
        ),
    ),
    ("certificate_expiring", By::Fault("certificate-ends-soon")),
];

#[test]
fn every_code_has_a_row_and_every_row_is_a_code() {
    let codes: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    let rows: BTreeSet<&str> = TABLE.iter().map(|(code, _)| *code).collect();
    let without_row: Vec<_> = codes.difference(&rows).collect();
    assert!(without_row.is_empty(), "nothing is known to reach {without_row:?}");
    let without_code: Vec<_> = rows.difference(&codes).collect();
    assert!(without_code.is_empty(), "no codes: {without_code:?}");
    assert_eq!(TABLE.len(), rows.len(), "a code has two rows");
}

#[test]
fn every_row_names_a_fault_or_a_test_that_leads_to_its_code() {
    for (code, by) in TABLE {
        match by {
            By::Fault(name) => {
                let fault = Fault::ALL.iter().find(|fault| fault.name == *name);
                assert_eq!(fault.map(|fault| fault.code), Some(*code), "{name}");
            }
            By::Test(path) => assert!(body(path).contains(&format!("\"{code}\"")), "{path}"),
        }
    }
}

#[test]
fn every_faults_code_is_one() {
    let codes: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    for fault in Fault::ALL {
        assert!(fault.code == "healthy" || codes.contains(fault.code), "{}", fault.name);
    }
}

/// The source of a test, which is named by its path.
fn body(path: &str) -> String {
    let (module, name) = path.rsplit_once("::").unwrap();
    let file = format!("{}/tests/it/{}.rs", env!("CARGO_MANIFEST_DIR"), module.replace("::", "/"));
    let text = std::fs::read_to_string(file).unwrap();
    let starts = [format!("fn {name}("), format!("named!({name},")];
    let rest = starts.iter().find_map(|start| text.split_once(start.as_str()));
    let (_, rest) = rest.unwrap_or_else(|| panic!("there is no test {path}"));
    rest.split("\n}").next().unwrap().to_owned()
}
