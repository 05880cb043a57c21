//! IAM tokens: taken apart, then judged.
//!
//! A token is a presigned SigV4 GET of `https://HOST:PORT/?Action=connect&DBUser=USER` for the
//! service `rds-db`, without its scheme. `parse` knows the form alone, `canonical` the signature's
//! arithmetic, `reason` why a token is refused, `verify` what makes a token good for one endpoint, user and moment.
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.html>

mod canonical;
mod parse;
mod reason;
mod verify;

pub(crate) use reason::Reason;
pub(crate) use verify::{Audience, verify};

#[cfg(test)]
mod property;
#[cfg(test)]
mod vectors;
