//! Any text parses or is refused, without a panic; what parses prints, on one line and on many, to text that
//! parses to the same tree.
#![no_main]

use libfuzzer_sys::fuzz_target;
use promql::parse::parse;
use promql::print::{canonical, json, pretty};

fuzz_target!(|query: &str| {
    let Ok(expr) = parse(query) else { return };
    let _ = json(&expr);
    for text in [canonical(&expr), pretty(&expr)] {
        // Parentheses of a pretty text cost no depth, but what was just within a limit may not be again.
        match parse(&text) {
            Ok(again) => assert_eq!(again.normalised(), expr.normalised(), "{query:?} printed as {text:?}"),
            Err(error) => assert!(error.message.contains("limit"), "{query:?} printed as {text:?}: {error}"),
        }
    }
});
