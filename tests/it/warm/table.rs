//! What stands under each table of measurements.

use std::time::SystemTime;

use rds_proxy_probe::clock::rfc3339_seconds;

/// The machine, the build and the moment.
pub(super) fn machine() -> String {
    let read = |path| std::fs::read_to_string(path).unwrap_or_default();
    let processors = read("/proc/cpuinfo");
    let model = processors.lines().find_map(|line| line.strip_prefix("model name\t: "));
    let count = processors.lines().filter(|line| line.starts_with("processor")).count();
    let kernel = read("/proc/sys/kernel/osrelease");
    let build = if cfg!(debug_assertions) { "dev" } else { "release" };
    let day = rfc3339_seconds(SystemTime::now());
    format!(
        "{count} × {}, Linux {}, {build} build, {day}.",
        model.unwrap_or("processors"),
        kernel.trim()
    )
}
