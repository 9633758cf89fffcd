//! Holds only the tests in `it/`.
