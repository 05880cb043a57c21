//! Instructions by callgrind: they do not depend on the machine's mood.
//! <https://valgrind.org/docs/manual/cl-manual.html>

use std::fs;
use std::path::Path;

use serde::Serialize;

use crate::Failed;
use crate::environment::Emulator;
use crate::life::{KEPT, variables};
use crate::plan::Contender;
use crate::runtime_api::Function;

/// Under valgrind a probe takes a hundred times as long.
const BUDGET_MS: &str = "60000";
const WARM_INVOCATIONS: u32 = 10;

/// How many instructions each phase takes.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Instructions {
    pub(crate) init: u64,
    pub(crate) first: u64,
    pub(crate) warm: u64,
}

/// Runs the contender three times, each longer than the one before, and takes the differences.
pub(crate) async fn count(
    valgrind: &str,
    contender: &Contender,
    emulator: &Emulator,
    folder: &Path,
) -> Result<Instructions, Failed> {
    let file = folder.join(format!("callgrind.{}", contender.name));
    let out = format!("--callgrind-out-file={}", file.display());
    let mut command =
        vec![valgrind.to_owned(), "--tool=callgrind".to_owned(), out, "-q".to_owned()];
    command.extend(contender.command.iter().cloned());
    let mut variables = variables(contender, &emulator.variables);
    variables.insert("PROBE_TIMEOUT_MS".to_owned(), BUDGET_MS.to_owned());
    let mut totals = [0; 3];
    for (total, invocations) in totals.iter_mut().zip([0, 1, 1 + WARM_INVOCATIONS]) {
        let (mut function, _) = Function::start(&command, &variables).await?;
        for _ in 0..invocations {
            function.invoke(KEPT).await?;
        }
        function.stop().await?;
        *total = summary(&fs::read_to_string(&file)?)?;
    }
    let [init, one, all] = totals;
    let warm = all.saturating_sub(one) / u64::from(WARM_INVOCATIONS);
    Ok(Instructions { init, first: one.saturating_sub(init), warm })
}

/// The whole program's sum, which callgrind writes at the end of its file.
fn summary(file: &str) -> Result<u64, Failed> {
    let mut lines = file.lines();
    let total = lines
        .find_map(|line| line.strip_prefix("summary: ").or_else(|| line.strip_prefix("totals: ")));
    Ok(total.ok_or("callgrind wrote no sum")?.trim().parse()?)
}
