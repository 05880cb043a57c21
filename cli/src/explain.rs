//! `explain CODE`: the code's entry of TROUBLESHOOTING.md.

use rds_proxy_probe::diagnosis::Code;

use crate::options::nearest;
use crate::status::Status;
use crate::surroundings::Surroundings;
use crate::terminal::Output;
use crate::text::entry;

/// Prints the entry, or says which code was probably meant.
pub fn explain(name: &str, surroundings: &Surroundings, output: &Output) -> (Status, Vec<String>) {
    if let Some(code) = Code::named(name) {
        output.write(&entry(code, surroundings.site(), &output.style));
        return (Status::Healthy, vec![]);
    }
    let names = || Code::ALL.iter().map(|code| code.as_str());
    let problem = if let Some(near) = nearest(name, names()) {
        format!("there is no code {name:?}; did you mean {near}?")
    } else {
        let all = names().collect::<Vec<_>>().join(", ");
        format!("there is no code {name:?}: expected one of {all}")
    };
    (Status::Misused, vec![problem])
}
