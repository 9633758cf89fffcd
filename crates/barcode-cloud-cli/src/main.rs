//! The command line tool `barcode`.

fn main() {}
