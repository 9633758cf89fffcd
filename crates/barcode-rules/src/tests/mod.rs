//! Tests of the rules with known and with random values.

mod examples;
mod generate;
mod properties;
