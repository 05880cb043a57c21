//! What the process passes in: its environment and the clock. Only `main` reads them.

use std::fmt;

use rds_proxy_probe::clock::Clock;
use rds_proxy_probe::diagnosis::Site;

/// What Kubernetes and ECS set in a container.
/// <https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables>,
/// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint.html>
const CONTAINER: [&str; 3] =
    ["KUBERNETES_SERVICE_HOST", "ECS_CONTAINER_METADATA_URI_V4", "ECS_CONTAINER_METADATA_URI"];

/// The environment and the clock.
#[derive(Clone)]
pub struct Surroundings {
    variable: fn(&str) -> Option<String>,
    /// Wall time.
    pub clock: Clock,
}

impl Surroundings {
    /// An environment that `variable` reads.
    pub fn new(variable: fn(&str) -> Option<String>, clock: Clock) -> Self {
        Self { variable, clock }
    }

    /// Where this process runs, as remedies call it.
    pub fn site(&self) -> Site {
        let is_container = CONTAINER.iter().any(|name| self.variable(name).is_some());
        if is_container { Site::Container } else { Site::Machine }
    }

    /// A variable's value; one that is empty counts as unset.
    pub fn variable(&self, name: &str) -> Option<String> {
        (self.variable)(name).filter(|value| !value.is_empty())
    }
}

/// Without the variables' values, which may be secrets.
impl fmt::Debug for Surroundings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Surroundings")
    }
}
