//! Where to run a command of TROUBLESHOOTING.md, by its program.

use super::Command;

const AWS: &str = "With the AWS CLI:";
const PROBE: &str = "Where the probe runs:";
const NETWORK: &str = "Where the probe runs, or on a machine in its subnets:";
const PACKAGE: &str = "Where you build the deployment package:";

/// The beginning of a shell command, and its place. The first match counts.
const PLACES: [(&str, &str); 20] = [
    ("aws ", AWS),
    ("kubectl ", "With kubectl:"),
    ("chmod ", PACKAGE),
    ("git ", PACKAGE),
    ("openssl storeutl ", PACKAGE),
    ("curl --fail --output ", PACKAGE),
    ("date ", PROBE),
    ("env ", PROBE),
    ("printenv ", PROBE),
    ("lsof ", PROBE),
    ("ssh ", PROBE),
    ("openssl s_client ", NETWORK),
    ("curl --silent --head ", PROBE),
    ("curl --silent --max-time ", NETWORK),
    ("curl -sI ", PROBE),
    ("curl -sv ", PROBE),
    ("curl -si ", PROBE),
    ("dig ", NETWORK),
    ("psql ", NETWORK),
    ("tracepath ", NETWORK),
];

impl Command {
    /// Where to run it or put it, as a line above it.
    pub(super) fn place(self) -> Option<&'static str> {
        match self {
            Self::Policy(_) => Some("As a policy statement:"),
            Self::Sql(_) => Some("In psql:"),
            Self::MySql(_) => Some("In the mysql client:"),
            Self::Shell(text) => {
                PLACES.iter().find(|(start, _)| text.starts_with(start)).map(|(_, place)| *place)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::diagnosis::{Code, evidence};

    #[test]
    fn every_command_has_a_place() {
        let beside = evidence::ADVICE.into_iter().flatten().copied();
        let of_codes = Code::ALL.iter().flat_map(|code| code.entry().causes.iter().copied());
        for command in of_codes.chain(beside).flat_map(|advice| advice.commands) {
            assert!(command.place().is_some(), "{command:?}");
        }
    }
}
