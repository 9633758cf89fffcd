//! Tests of the source with a scripted endpoint in memory and paused time: the results of callers,
//! and how many requests are sent and when. Sockets are tested in `tests/it`.

mod addresses;
mod boundaries;
mod credentials;
mod custom_endpoint;
mod failures;
mod fleet;
mod fleet_day;
mod fleet_model;
mod lifecycle;
mod model;
mod outages;
mod random;
mod redact;
mod renewal;
mod response;
mod schedule;
mod script;
mod settings;
mod single_flight;
mod unauthorized;
