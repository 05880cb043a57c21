//! Tells each step as it ends, for a person who watches.

use std::fmt;
use std::sync::Arc;

use super::step::StepRecord;

/// What is called with each step as it ends. A probe of two attempts tells the steps of both.
#[derive(Clone)]
pub struct Progress(Arc<dyn Fn(StepRecord) + Send + Sync>);

impl Progress {
    /// Calls `tell` with each step.
    pub fn new(tell: impl Fn(StepRecord) + Send + Sync + 'static) -> Self {
        Self(Arc::new(tell))
    }

    pub(super) fn tell(&self, record: StepRecord) {
        (self.0)(record);
    }
}

impl fmt::Debug for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Progress")
    }
}
