//! What every call needs: a deadline, a clock, the secrets to redact, and the `Date` of each answer.
//!
//! The SDK adjusts its signatures to AWS's clock, so a call may succeed although this machine's clock
//! is wrong. The `Date` shows that.

use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use tokio::time::{Instant, timeout_at};

use super::facts::FailedCall;
use crate::clock::{Clock, Offset};
use crate::token::{AwsRefusal, Secrets, offset};

/// What every call needs.
pub(super) struct Asker<'a> {
    pub(super) clock: &'a Clock,
    /// Redacted from refusals.
    pub(super) secrets: Secrets,
    pub(super) deadline: Instant,
    pub(super) dates: Dates,
}

/// Records how far AWS's clock is from this machine's.
#[derive(Clone, Debug)]
pub(super) struct Dates {
    clock: Clock,
    last: Arc<Mutex<Option<Offset>>>,
}

impl Asker<'_> {
    /// The work's result, unless the deadline comes first.
    pub(super) async fn within<T>(
        &self,
        permission: &'static str,
        work: impl Future<Output = Result<T, AwsRefusal>>,
    ) -> Result<T, FailedCall> {
        let silent = || AwsRefusal::Unanswered { reason: "no answer in time".to_owned() };
        timeout_at(self.deadline, work)
            .await
            .unwrap_or_else(|_elapsed| Err(silent()))
            .map_err(|refusal| FailedCall { permission, refusal })
    }
}

impl Dates {
    pub(super) fn new(clock: &Clock) -> Self {
        Self { clock: clock.clone(), last: Arc::default() }
    }

    /// By the last answer that had a date.
    pub(super) fn last(&self) -> Option<Offset> {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[dyn_dispatch_hint]
impl Intercept for Dates {
    fn name(&self) -> &'static str {
        "Dates"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let date = context.response().headers().get("date");
        if let Some(offset) = date.and_then(|date| offset(date, &self.clock)) {
            *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(offset);
        }
        Ok(())
    }
}
