//! IAM's policy language, as far as these permissions need it: documents, patterns, conditions with
//! known keys, and what documents decide together.
//!
//! IAM's simulator knows more. What is decided here counts where it may not be asked, and explains
//! what it decided.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>

mod condition;
mod document;
mod pattern;
mod verdict;

pub use condition::{Condition, Context};
pub use document::{Document, Principals, Set, Statement};
pub use pattern::{matches, matches_ignoring_case};
pub use verdict::{Request, Verdict, decide};
