//! Whatever clients send, and however it is interleaved: they get what they would get alone.

use proptest::prelude::*;

use super::model::Model;
use super::pool::{Dice, Pool, first};
use super::script::{Template, script};

/// What a client gets that has a server for itself.
fn alone(script: &[Vec<u8>]) -> Vec<u8> {
    let mut model = Model::default();
    for message in script {
        model.feed(message);
    }
    model.flush();
    model.output
}

/// One message a line.
fn lines(mut bytes: &[u8]) -> Vec<String> {
    let mut lines = Vec::new();
    while let Some((message, length)) = first(bytes) {
        lines.push(format!("{} {}", char::from(message.tag), message.head.escape_ascii()));
        bytes = &bytes[length..];
    }
    lines
}

fn check(scripts: &[Vec<Template>], connections: usize, seed: u64) -> Result<(), TestCaseError> {
    let scripts: Vec<Vec<_>> = (scripts.iter().enumerate())
        .map(|(client, script)| {
            let numbered = script.iter().enumerate();
            numbered.map(|(number, template)| template.write(client, number)).collect()
        })
        .collect();
    let mut pool = Pool::new(scripts.clone(), connections);
    pool.run(&mut Dice(seed));
    for (client, script) in pool.clients.iter().zip(&scripts) {
        prop_assert_eq!(lines(&client.got), lines(&alone(script)));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, ..ProptestConfig::default() })]

    #[test]
    fn every_client_gets_what_it_would_get_alone(
        scripts in prop::collection::vec(script(8), 1..5),
        connections in 1..4_usize,
        seed: u64,
    ) {
        check(&scripts, connections, seed)?;
    }

    #[test]
    fn a_single_client_on_changing_connections_gets_what_it_would_get_alone(
        script in script(30),
        connections in 2..4_usize,
        seed: u64,
    ) {
        check(&[script], connections, seed)?;
    }
}
