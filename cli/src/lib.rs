//! The probe as a command, for a laptop, a container or CI.
//!
//! It has no probe itself: the library of the function, built without Lambda, logs in and diagnoses.
//! Here is how a person or a script asks for that, and how the answer is written.
//!
//! The modules; each imports only from its left:
//!
//! `surroundings` → `status` → `terminal` → `options` → `targets` → `text` → `check` → `watch` → `inspect` → `diagnose` → `explain` →
//! `token` → `completions` → `man` → `run` → `main`

pub mod check;
pub mod completions;
pub mod diagnose;
pub mod explain;
pub mod inspect;
pub mod man;
pub mod options;
pub mod run;
pub mod status;
pub mod surroundings;
pub mod targets;
pub mod terminal;
pub mod text;
pub mod token;
pub mod watch;
