//! Whatever clients send, and however it is interleaved: they get what they would get alone.

use proptest::prelude::*;

use super::lab::{alone, lines};
use super::pool::{Dice, Pool};
use super::script::{Template, script};

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
        prop_assert_eq!(lines(&client.got), alone(script));
    }
    Ok(())
}

proptest! {
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
