//! Benchmarks only; see `benches`.
