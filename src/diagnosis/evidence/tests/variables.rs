//! Near misses of a variable's name.

use super::*;

#[test]
fn a_setting_in_another_programs_variable_is_evidence_where_it_decides() {
    let missing = refused("3D000", "database \"postgres\" does not exist");
    let vars: &[(&str, &str)] = &[("PGDATABASE", "ledger"), ("PGPORT", "6432")];
    let said = plane(proxy(), vec![target("AVAILABLE", None)]);
    let diagnosis = diagnosis(&missing, vars, &said);
    let evidence: Vec<_> = diagnosis.causes.iter().filter_map(|it| it.evidence.clone()).collect();
    assert!(
        evidence.iter().any(|it| it == "PGDATABASE is set, and DB_NAME is not."),
        "{evidence:?}"
    );
    assert!(!format!("{diagnosis:?}").contains("ledger"), "a value is never shown");
}
