//! Tests of the rules with known and random values, and a comparison with another engine.

mod differential;
mod examples;
mod generate;
mod properties;
