//! One module per place a person goes; each owns what it asks and draws.

mod agents;
mod audit;
mod day;
mod first_run;
mod inbox;
mod person;
mod places;
mod policies;
mod refused;
mod settings;
mod traffic;
mod vault;
mod verify;

pub(crate) use agents::Agents;
pub(crate) use audit::Audit;
pub(crate) use day::Day;
pub(crate) use first_run::{FirstKey, FirstRun};
pub(crate) use inbox::Inbox;
pub(crate) use policies::Policies;
pub(crate) use refused::Refused;
pub(crate) use settings::Settings;
pub(crate) use traffic::Traffic;
pub(crate) use vault::Vault;
pub(crate) use verify::Verify;
