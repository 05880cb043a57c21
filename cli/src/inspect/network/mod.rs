//! Whether packets get through: security groups, network ACLs, routes. Pure, and for IPv4, which is
//! what proxies use unless they were given another network type.

mod acl;
mod cidr;
mod groups;
mod routes;

pub use acl::{Flow, first_refusal};
pub use cidr::Cidr;
pub use groups::{Passage, Side, passage};
pub use routes::{reaches_internet, route_to};
