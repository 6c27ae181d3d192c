//! Automation of the repository: `cargo xtask ci`, `tidy`, `bench`.
fn main() {}
