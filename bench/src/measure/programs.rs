//! The programs that measure themselves and print JSON: the function's library, the memory that a
//! probe allocates, and the signers of other languages.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::slice::from_ref;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::process::Command;

use crate::error::BoxError;
use crate::measure::emulator::Variables;
use crate::measure::plan::Plan;
use crate::measure::progress::{measurement, print};
use crate::results::{Allocations, Library, Measurement};
use crate::sample::Sample;

/// The programs of a plan, and the emulator's variables for them.
pub(crate) struct Programs<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) variables: &'a Variables,
}

/// What `library` prints: microseconds, one value per batch.
#[derive(Debug, Deserialize)]
struct LibraryOutput {
    handler: Vec<f64>,
    probe: Vec<f64>,
    raw: Vec<f64>,
    direct: Vec<f64>,
    sign: Vec<f64>,
    sdk_sign: Vec<f64>,
}

impl Programs<'_> {
    /// The function's library, and every signer by name, the two of the library among them.
    pub(crate) async fn library_and_signers(
        &self,
    ) -> (Measurement<Library>, BTreeMap<String, Measurement<Sample>>) {
        print("measuring the library and the signers");
        let output: Result<LibraryOutput, _> = self.json_of(from_ref(&self.plan.library)).await;
        let (library, signers) = match measurement("the library", output) {
            Measurement::Found(output) => {
                let [handler, probe, raw, direct] =
                    [output.handler, output.probe, output.raw, output.direct].map(Sample::new);
                let signers = [output.sign, output.sdk_sign].map(Sample::new);
                let library = Library { handler, probe, raw, direct };
                (Measurement::Found(library), signers.map(Measurement::Found))
            }
            Measurement::Failed(problem) => {
                let signers = [problem.clone(), problem.clone()].map(Measurement::Failed);
                (Measurement::Failed(problem), signers)
            }
            Measurement::NotMeasured => (Measurement::NotMeasured, Default::default()),
        };
        let names = ["probe", "aws-sdk-rds (Rust)"].map(str::to_owned);
        let mut signers: BTreeMap<_, _> = names.into_iter().zip(signers).collect();
        for (signer, command) in &self.plan.signers {
            let batches: Result<Vec<f64>, _> = self.json_of(command).await;
            signers.insert(signer.clone(), measurement(signer, batches).map(Sample::new));
        }
        (library, signers)
    }

    /// The allocations of one warm probe; the profile is written into the folder.
    pub(crate) async fn allocations(&self, scratch: &Path) -> Measurement<Allocations> {
        print("counting allocations");
        let profile = scratch.join("dhat.json").display().to_string();
        measurement(
            "counting allocations",
            self.json_of(&[self.plan.allocations.clone(), profile]).await,
        )
    }

    /// Runs a program with the emulator's variables and reads its output.
    async fn json_of<T: DeserializeOwned>(&self, command: &[String]) -> Result<T, BoxError> {
        let [program, arguments @ ..] = command else { return Err("an empty command".into()) };
        let output = Command::new(program)
            .args(arguments)
            .env_clear()
            .envs(self.variables)
            .stderr(Stdio::inherit())
            .output()
            .await?;
        if !output.status.success() {
            return Err(format!("{program}: {}", output.status).into());
        }
        Ok(serde_json::from_slice(&output.stdout)?)
    }
}
