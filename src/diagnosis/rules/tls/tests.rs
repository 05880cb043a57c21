//! What is said of a handshake that failed, for each kind of endpoint and each way to fail.

use std::io;
use std::time::{Duration, SystemTime};

use rustls::{AlertDescription, Error};

use crate::config::{Config, Engine};
use crate::diagnosis::rules::network_tests::{
    ALIAS, ALL, CLUSTER, CUSTOM, INSTANCE, PROXY, config, diagnosis, first, said,
};
use crate::diagnosis::{Code, Diagnosis};
use crate::peer::Service;
use crate::probe::{Failure, StepError};
use crate::session::EncryptError;
use crate::tls::{Authority, Moment, TlsError, TlsFacts};

const RDS_ISSUER: &str = "CN=Amazon RDS eu-west-1 Subordinate CA RSA2048 G1.A.1";

fn shown(authority: Authority, intermediates: usize) -> TlsFacts {
    let issuer = match authority {
        Authority::Rds => RDS_ISSUER,
        Authority::Amazon => "CN=Amazon RSA 2048 M02,O=Amazon,C=US",
        Authority::SelfSigned | Authority::Other => "CN=Example Corp TLS Inspection CA",
    };
    TlsFacts {
        version: "TLSv1.3",
        subject_names: vec!["db.example.org".to_owned()],
        issuer: Some(issuer.to_owned()),
        not_before: None,
        not_after: Some(SystemTime::UNIX_EPOCH),
        authority,
        intermediates,
    }
}

fn of(config: &Config, error: impl Into<EncryptError>, tls: Option<&TlsFacts>) -> Diagnosis {
    diagnosis(config, &Failure::Tls(StepError::Failed(error.into())), tls)
}

fn untrusted(host: &str, file: Option<&str>, tls: &TlsFacts) -> Diagnosis {
    let more: Vec<_> = file.map(|file| ("DB_CA_FILE", file)).into_iter().collect();
    of(&config(host, &more), TlsError::UnknownIssuer, Some(tls))
}

#[test]
fn the_summary_says_which_anchors_were_tried() {
    let tls = shown(Authority::Other, 1);
    let summary = |host, file| untrusted(host, file, &tls).summary;
    let amazon = "it does not chain to Amazon's public roots";
    let both = "it chains neither to Amazon's public roots nor to the bundled roots of RDS.";
    assert!(summary(PROXY, None).contains(amazon), "{}", summary(PROXY, None));
    for host in [CLUSTER, CUSTOM, INSTANCE, ALIAS] {
        assert!(summary(host, None).ends_with(both), "{}", summary(host, None));
    }
    let file = summary(CLUSTER, Some("/var/task/ca.pem"));
    assert!(file.ends_with("the roots in DB_CA_FILE, \"/var/task/ca.pem\"."), "{file}");
}

#[test]
fn an_rds_issuer_behind_a_proxys_name_means_that_a_database_answers() {
    for file in [None, Some("/var/task/ca.pem")] {
        let diagnosis = untrusted(PROXY, file, &shown(Authority::Rds, 2));
        let first = first(&diagnosis);
        assert!(first.cause.starts_with("The connection leads to a database"), "{first:#?}");
        let evidence = format!("The issuer calls itself RDS's own authority: \"{RDS_ISSUER}\".");
        assert_eq!(first.evidence.as_deref(), Some(evidence.as_str()));
        assert!(!said(&diagnosis).contains("Unset DB_CA_FILE"), "{diagnosis:#?}");
    }
}

#[test]
fn a_databases_own_name_is_never_what_is_to_be_used_instead() {
    for host in [CLUSTER, CUSTOM, INSTANCE, ALIAS] {
        for authority in
            [Authority::Rds, Authority::Amazon, Authority::SelfSigned, Authority::Other]
        {
            for file in [None, Some("/var/task/ca.pem")] {
                let diagnosis = untrusted(host, file, &shown(authority, 1));
                assert!(!said(&diagnosis).contains("set DB_HOST"), "{diagnosis:#?}");
                assert!(!diagnosis.causes.is_empty());
            }
        }
    }
}

#[test]
fn roots_that_are_not_bundled_are_fetched_from_the_regions_own_store() {
    for host in [
        "db.cluster-abc.us-gov-west-1.rds.amazonaws.com",
        "db.cluster-abc.cn-north-1.rds.amazonaws.com.cn",
        "db.abc.eu-north-99.rds.amazonaws.com",
    ] {
        for file in [None, Some("/var/task/global-bundle.pem")] {
            let diagnosis = untrusted(host, file, &shown(Authority::Rds, 2));
            let config = config(host, &[]);
            let store = config.endpoint.region.trust_store().unwrap();
            let command = format!("curl --fail --output rds.pem {store}");
            assert_eq!(first(&diagnosis).commands, [command], "{diagnosis:#?}");
            assert!(first(&diagnosis).evidence.as_ref().unwrap().contains("are not bundled."));
        }
    }
}

#[test]
fn a_file_that_lacks_a_bundled_root_is_to_be_unset() {
    let file = Some("/var/task/ca.pem");
    for (host, authority) in
        [(PROXY, Authority::Amazon), (CLUSTER, Authority::Amazon), (INSTANCE, Authority::Rds)]
    {
        let diagnosis = untrusted(host, file, &shown(authority, 2));
        let first = first(&diagnosis);
        assert!(first.remedy.starts_with("Unset DB_CA_FILE"), "{first:#?}");
        assert_eq!(first.evidence.as_deref(), Some("DB_CA_FILE is \"/var/task/ca.pem\"."));
    }
}

#[test]
fn a_known_name_that_leads_to_no_known_root_lacks_its_chain_or_is_anothers() {
    for (host, authority) in
        [(PROXY, Authority::Amazon), (CLUSTER, Authority::Amazon), (CLUSTER, Authority::Rds)]
    {
        let short = untrusted(host, None, &shown(authority, 0));
        let evidence = first(&short).evidence.as_deref().unwrap();
        assert!(evidence.contains("calls itself"), "{evidence}");
        assert!(evidence.ends_with("The server sent no intermediate certificate."), "{evidence}");
        let whole = untrusted(host, None, &shown(authority, 2));
        assert!(first(&whole).cause.contains("terminates TLS with its own"), "{whole:#?}");
    }
}

#[test]
fn a_strangers_certificate_is_called_one() {
    for host in ALL {
        let other = untrusted(host, None, &shown(Authority::Other, 1));
        let evidence = first(&other).evidence.as_deref().unwrap();
        assert!(evidence.contains("neither Amazon's nor RDS's"), "{evidence}");
        let own = untrusted(host, None, &shown(Authority::SelfSigned, 0));
        assert_eq!(first(&own).evidence.as_deref(), Some("The certificate is self-signed."));
    }
}

#[test]
fn an_end_or_silence_at_a_clusters_name_may_be_a_resume() {
    for moment in [Moment::BeforeTls, Moment::Handshake] {
        let reset = io::Error::from(io::ErrorKind::TimedOut);
        for error in [TlsError::Closed(moment), TlsError::Io(moment, reset)] {
            let diagnosis = of(&config(CLUSTER, &[]), error, None);
            assert!(first(&diagnosis).cause.contains("paused at 0 ACU"), "{diagnosis:#?}");
            assert!(diagnosis.transient);
        }
    }
    let after = Duration::from_secs(5);
    let silent =
        |host| diagnosis(&config(host, &[]), &Failure::Tls(StepError::TimedOut { after }), None);
    assert!(first(&silent(CLUSTER)).cause.contains("paused at 0 ACU"));
    assert!(silent(CLUSTER).transient && silent(PROXY).transient);
    let proxy = said(&silent(PROXY));
    assert!(!proxy.contains("0 ACU") && !proxy.contains("describe-db-clusters"), "{proxy}");
    assert!(said(&silent(INSTANCE)).contains("--db-instance-identifier db1 "));
}

#[test]
fn an_end_or_silence_behind_a_tunnel_is_first_the_tunnels() {
    let after = Duration::from_secs(5);
    for host in ALL {
        for failure in [
            Failure::Tls(StepError::TimedOut { after }),
            Failure::Tls(StepError::Failed(TlsError::Closed(Moment::BeforeTls).into())),
        ] {
            let config = config(host, &[("DB_CONNECT_TO", "127.0.0.1:15432")]);
            let diagnosis = diagnosis(&config, &failure, None);
            let first = first(&diagnosis);
            assert_eq!(first.evidence.as_deref(), Some("DB_CONNECT_TO is \"127.0.0.1:15432\"."));
            assert!(first.remedy.contains("far end"), "{first:#?}");
        }
    }
}

#[test]
fn the_same_end_is_transient_whenever_it_comes() {
    for host in ALL {
        for moment in [Moment::BeforeTls, Moment::Handshake] {
            let closed = of(&config(host, &[]), TlsError::Closed(moment), None);
            assert_eq!((closed.code, closed.transient), (Code::TlsHandshakeFailed, true));
        }
    }
}

#[test]
fn a_refused_handshake_has_the_cause_that_the_alert_names() {
    let alert = |alert| {
        let error = TlsError::Handshake(Error::AlertReceived(alert));
        let diagnosis = of(&config(PROXY, &[]), error, None);
        assert_eq!(diagnosis.causes.len(), 1, "{diagnosis:#?}");
        (first(&diagnosis).cause.clone(), diagnosis.transient)
    };
    for (description, part, transient) in [
        (AlertDescription::HandshakeFailure, "no TLS version or cipher", false),
        (AlertDescription::ProtocolVersion, "no TLS version or cipher", false),
        (AlertDescription::CertificateRequired, "wants a certificate of the client", false),
        (AlertDescription::UnrecognisedName, "by the name that is asked for", false),
        (AlertDescription::InternalError, "internal error", true),
        (AlertDescription::DecodeError, "changes the bytes", false),
    ] {
        let (cause, is_transient) = alert(description);
        assert!(cause.contains(part), "{description:?}: {cause}");
        assert_eq!(is_transient, transient, "{description:?}");
    }
}

#[test]
fn each_service_has_a_cause_of_its_own() {
    for (service, evidence, cause) in [
        (Service::Ssh, "an SSH server", "An SSH server answers"),
        (Service::Mysql, "a MySQL server", "The endpoint is a MySQL or MariaDB database"),
        (Service::Tls, "a TLS server", "The port expects TLS from the first byte"),
        (Service::Http, "an HTTP server", "Another kind of server"),
        (Service::Smtp, "an SMTP server", "Another kind of server"),
        (Service::Ftp, "an FTP server", "Another kind of server"),
        (Service::Redis, "a Redis server", "Another kind of server"),
        (Service::Unknown, "No service that the probe recognizes", "Another kind of server"),
    ] {
        let error = EncryptError::NotThisEngine {
            expected: Engine::PostgreSql,
            service,
            answer: "…".to_owned(),
        };
        let diagnosis = of(&config(PROXY, &[]), error, None);
        assert_eq!((diagnosis.code, diagnosis.transient), (Code::NotPostgres, false));
        let [only] = diagnosis.causes.as_slice() else { panic!("{diagnosis:#?}") };
        assert!(only.evidence.as_ref().unwrap().contains(evidence), "{only:#?}");
        assert!(only.cause.starts_with(cause), "{only:#?}");
    }
}

#[test]
fn tls_without_the_request_is_a_listeners() {
    let tls = shown(Authority::Other, 0);
    let diagnosis = of(&config(PROXY, &[]), TlsError::ExpectsTls, Some(&tls));
    assert_eq!(diagnosis.code, Code::NotPostgres);
    let [only] = diagnosis.causes.as_slice() else { panic!("{diagnosis:#?}") };
    assert!(only.cause.starts_with("The port expects TLS from the first byte"), "{only:#?}");
    assert!(only.evidence.as_ref().unwrap().ends_with("\"db.example.org\"."), "{only:#?}");
}

#[test]
fn declined_tls_is_the_tunnels_or_the_servers() {
    let direct = of(&config(PROXY, &[]), TlsError::NotOffered, None);
    assert!(first(&direct).cause.contains("PgBouncer"), "{direct:#?}");
    assert!(!direct.transient);
    let tunnel = config(PROXY, &[("DB_CONNECT_TO", "127.0.0.1:5432")]);
    let tunnel = of(&tunnel, TlsError::NotOffered, None);
    assert_eq!(first(&tunnel).evidence.as_deref(), Some("DB_CONNECT_TO is \"127.0.0.1:5432\"."));
    assert!(first(&tunnel).cause.contains("a local PostgreSQL"), "{tunnel:#?}");
    let error = of(&config(PROXY, &[]), TlsError::ErrorBeforeTls, None);
    assert!(error.transient);
}

fn misnamed(host: &str, names: &[&str]) -> Diagnosis {
    let mut tls = shown(Authority::Amazon, 2);
    tls.subject_names = names.iter().map(|name| (*name).to_owned()).collect();
    of(&config(host, &[]), TlsError::NameMismatch, Some(&tls))
}

#[test]
fn an_alias_goes_into_db_connect_to_and_the_endpoints_name_into_db_host() {
    let diagnosis = misnamed(ALIAS, &["*.proxy-abc.eu-west-1.rds.amazonaws.com"]);
    let first = first(&diagnosis);
    assert!(first.cause.starts_with("DB_HOST is an alias"), "{first:#?}");
    assert!(first.remedy.starts_with("Set DB_HOST to the endpoint's own name"), "{first:#?}");
    assert!(
        first
            .remedy
            .ends_with("DB_CONNECT_TO is not set already, set it to \"db.example.com:5432\"."),
        "{first:#?}"
    );
    let evidence = first.evidence.as_deref().unwrap();
    assert!(evidence.contains("*.proxy-abc.eu-west-1.rds.amazonaws.com"), "{evidence}");
}

#[test]
fn an_alias_that_leads_elsewhere_is_said_to() {
    let diagnosis = misnamed(ALIAS, &["shop.example.com"]);
    assert!(first(&diagnosis).cause.starts_with("The connection leads to another server"));
}

#[test]
fn a_custom_endpoint_goes_into_db_connect_to() {
    let diagnosis = misnamed(CUSTOM, &["db.cluster-abc.eu-west-1.rds.amazonaws.com"]);
    let remedy =
        format!("Set DB_HOST to the cluster's endpoint, and DB_CONNECT_TO to \"{CUSTOM}:5432\".");
    assert_eq!(first(&diagnosis).remedy, remedy);
}

#[test]
fn another_name_of_the_same_account_is_told_from_a_strangers() {
    for (host, name) in [
        (CLUSTER, "other.cluster-abc.eu-west-1.rds.amazonaws.com"),
        (CLUSTER, "db1.abc.eu-west-1.rds.amazonaws.com"),
        (INSTANCE, "db.cluster-ro-abc.eu-west-1.rds.amazonaws.com"),
        (
            "ro.endpoint.proxy-abc.eu-west-1.rds.amazonaws.com",
            "*.proxy-abc.eu-west-1.rds.amazonaws.com",
        ),
        ("db.abc.rds.cn-north-1.amazonaws.com.cn", "other.abc.rds.cn-north-1.amazonaws.com.cn"),
    ] {
        let akin = misnamed(host, &[name]);
        assert!(
            first(&akin).cause.starts_with("Another endpoint of the same account"),
            "{akin:#?}"
        );
    }
    for name in [
        "db.cluster-xyz.eu-west-1.rds.amazonaws.com",
        "db.cluster-abc.eu-west-2.rds.amazonaws.com",
        "shop.example.com",
    ] {
        let stranger = misnamed(CLUSTER, &[name]);
        assert!(first(&stranger).cause.starts_with("The connection leads to another"), "{name}");
    }
}

#[test]
fn an_expired_certificate_of_rds_is_renewed_there() {
    let expired = |host, authority| {
        let tls = shown(authority, 2);
        of(&config(host, &[]), TlsError::Expired { now: None }, Some(&tls))
    };
    for host in [CLUSTER, INSTANCE, ALIAS] {
        let diagnosis = expired(host, Authority::Rds);
        let [look, change] = first(&diagnosis).commands.as_slice() else {
            panic!("{diagnosis:#?}")
        };
        assert!(look.starts_with("aws rds describe-db-instances"), "{look}");
        assert!(change.starts_with("aws rds modify-db-instance"), "{change}");
    }
    assert!(!said(&expired(PROXY, Authority::Amazon)).contains("modify-db-instance"));
    assert!(!said(&expired(ALIAS, Authority::Other)).contains("modify-db-instance"));
}

#[test]
fn the_clock_is_compared_with_a_service_of_the_endpoints_partition() {
    let now = Some(SystemTime::UNIX_EPOCH);
    for (host, service) in [
        (PROXY, "https://sts.eu-west-1.amazonaws.com "),
        (
            "app.proxy-abc.cn-north-1.rds.amazonaws.com.cn",
            "https://sts.cn-north-1.amazonaws.com.cn ",
        ),
    ] {
        let diagnosis = of(&config(host, &[]), TlsError::NotYetValid { now }, None);
        assert!(first(&diagnosis).commands[1].contains(service), "{diagnosis:#?}");
    }
}
