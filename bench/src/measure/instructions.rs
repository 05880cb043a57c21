//! Instructions, counted by callgrind. The count does not depend on how busy the machine is.
//! <https://valgrind.org/docs/manual/cl-manual.html>

use std::fs;
use std::path::Path;

use crate::error::BoxError;
use crate::measure::emulator::Emulator;
use crate::measure::plan::Contender;
use crate::measure::run::{KEPT, variables};
use crate::measure::runtime_api::Function;
use crate::results::Instructions;

/// The probe's time limit: under valgrind it takes a hundred times as long.
const TIMEOUT_MS: &str = "60000";
const WARM_INVOCATIONS: u32 = 10;

/// Runs the contender three times: without an invocation, with one, and with more. The differences
/// are what each phase takes.
pub(crate) async fn count(
    valgrind: &str,
    contender: &Contender,
    emulator: &Emulator,
    folder: &Path,
) -> Result<Instructions, BoxError> {
    let file = folder.join(format!("callgrind.{}", contender.name));
    let out = format!("--callgrind-out-file={}", file.display());
    let mut command =
        vec![valgrind.to_owned(), "--tool=callgrind".to_owned(), out, "-q".to_owned()];
    command.extend(contender.command.iter().cloned());
    let mut variables = variables(contender, &emulator.variables);
    variables.insert("PROBE_TIMEOUT_MS".to_owned(), TIMEOUT_MS.to_owned());
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

/// The total of the program, which callgrind writes at the end of its file.
fn summary(file: &str) -> Result<u64, BoxError> {
    let mut lines = file.lines();
    let total = lines
        .find_map(|line| line.strip_prefix("summary: ").or_else(|| line.strip_prefix("totals: ")));
    Ok(total.ok_or("callgrind wrote no total")?.trim().parse()?)
}
