//! Holds only the tests in `it/`, and compiles the code of the workspace's README.

#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
