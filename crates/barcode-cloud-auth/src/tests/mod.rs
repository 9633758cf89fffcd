//! Tests of the source against a scripted endpoint in memory, in paused time: what a caller sees,
//! how many requests are sent and when. Sockets are tested in `tests/it`.

mod addresses;
mod boundaries;
mod credentials;
mod failures;
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
