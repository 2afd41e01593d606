//! Our canonical JSON against a library that others wrote: `rfc8785` from PyPI (Trail of Bits).

use std::fmt::Write as _;

use anyhow::{Result, ensure};
use evidence::json::{canonical_content, canonical_value};
use product_tests::Sdk;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::Value;

/// The largest integer that signed JSON has: 2^53 - 1.
const MAX_INTEGER: i64 = (1 << 53) - 1;

/// Any JSON with these numbers.
fn json(numbers: impl Strategy<Value = Value> + 'static) -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        numbers,
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 60, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::btree_map(any::<String>(), inner, 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

#[test]
fn canonical_json_is_what_an_independent_library_makes_of_it() -> Result<()> {
    let integers = (-MAX_INTEGER..=MAX_INTEGER).prop_map(Value::from);
    let doubles = prop_oneof![
        any::<f64>().prop_filter_map("finite", |number| number.is_finite().then(|| Value::from(number))),
        // Where ECMAScript changes from one way of writing to another.
        (-9..24, -999_999..999_999)
            .prop_map(|(exponent, digits)| Value::from(f64::from(digits) * 10f64.powi(exponent))),
    ];
    let mut runner = TestRunner::deterministic();
    let (signed, contents) = (json(integers), json(doubles));
    let (mut asked, mut ours) = (String::new(), Vec::new());
    for n in 0..6_000 {
        let (value, bytes) = if n % 2 == 0 {
            let value = made(&signed, &mut runner)?;
            let bytes = canonical_value(&value)?;
            (value, bytes)
        } else {
            let value = made(&contents, &mut runner)?;
            let bytes = canonical_content(&value)?;
            (value, bytes)
        };
        writeln!(asked, "{value}")?;
        ours.push((value, bytes));
    }
    let theirs = Sdk::ready()?.run_program("canonical.py", &asked)?;
    ensure!(
        theirs.lines().count() == ours.len(),
        "it answered otherwise than it was asked"
    );
    for (theirs, (value, bytes)) in theirs.lines().zip(&ours) {
        let hex = hex::encode(bytes);
        ensure!(hex == theirs, "{value} is another thing to them: {theirs}");
    }
    Ok(())
}

fn made(strategy: &impl Strategy<Value = Value>, runner: &mut TestRunner) -> Result<Value> {
    let tree = strategy
        .new_tree(runner)
        .map_err(|reason| anyhow::anyhow!("{reason}"))?;
    Ok(tree.current())
}
