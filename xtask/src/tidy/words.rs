//! Words that may not stand in the project, and what they may not stand in.

use super::Source;

/// The one file that may speak HTTP to the outside, and the one beside it that brings traces to a collector: they are no
/// calls, so nothing is released for them.
const EGRESS: &str = "crates/gateway/src/egress.rs";
const COLLECTOR: &str = "crates/gateway/src/egress/collector.rs";

/// A word, where it may not stand, and why.
struct Rule {
    /// The forbidden text, in two halves so that this file doesn't break its own rule.
    word: [&'static str; 2],
    /// Which files it is looked for in.
    stands_in: fn(&Source) -> bool,
    /// Whether only what runs in the product counts, or tests as well.
    part: Part,
    /// What to say about it.
    why: &'static str,
}

#[derive(PartialEq, Eq)]
enum Part {
    Everything,
    Product,
    Tests,
}

const RULES: &[Rule] = &[
    Rule {
        word: ["req", "west"],
        stands_in: |source| source.is_rust() && ![EGRESS, COLLECTOR].contains(&source.path.as_str()),
        part: Part::Everything,
        why: "only crates/gateway/src/egress.rs and its collector.rs may use the HTTP client: what leaves, leaves there",
    },
    Rule {
        word: ["hyper::", "client"],
        stands_in: |source| source.is_rust() && !source.path.starts_with("crates/client/") && !source.is_test(),
        part: Part::Product,
        why: "only crates/client speaks HTTP as a client besides the egress file",
    },
    Rule {
        word: ["hyper_util::", "client"],
        stands_in: |source| source.is_rust() && !source.path.starts_with("crates/client/") && !source.is_test(),
        part: Part::Product,
        why: "only crates/client speaks HTTP as a client besides the egress file",
    },
    Rule {
        word: ["../", "shared"],
        stands_in: |_| true,
        part: Part::Everything,
        why: "the project speaks of itself alone",
    },
    Rule {
        word: ["issue", " #"],
        stands_in: |_| true,
        part: Part::Everything,
        why: "say what is the case, not where it was asked for",
    },
    Rule {
        word: ["TO", "DO"],
        stands_in: is_code,
        part: Part::Everything,
        why: "do it, or leave it out",
    },
    Rule {
        word: ["FIX", "ME"],
        stands_in: is_code,
        part: Part::Everything,
        why: "fix it, or leave it out",
    },
    Rule {
        word: ["todo", "!("],
        stands_in: Source::is_rust,
        part: Part::Everything,
        why: "do it, or leave it out",
    },
    Rule {
        word: ["unimplemented", "!("],
        stands_in: Source::is_rust,
        part: Part::Everything,
        why: "do it, or leave it out",
    },
    Rule {
        word: ["#[", "allow("],
        stands_in: Source::is_rust,
        part: Part::Everything,
        why: "use #[expect(…, reason = \"…\")]",
    },
    Rule {
        word: ["#![", "allow("],
        stands_in: Source::is_rust,
        part: Part::Everything,
        why: "use #![expect(…, reason = \"…\")]",
    },
    Rule {
        word: ["#[", "ignore"],
        stands_in: Source::is_rust,
        part: Part::Everything,
        why: "a test that doesn't run proves nothing",
    },
    Rule {
        word: ["thread::", "sleep"],
        stands_in: Source::is_rust,
        part: Part::Tests,
        why: "tests wait for what they want, never for a while",
    },
    Rule {
        word: ["time::", "sleep"],
        stands_in: Source::is_rust,
        part: Part::Tests,
        why: "tests wait for what they want, never for a while",
    },
    Rule {
        word: [".ela", "psed("],
        stands_in: |source| source.is_test() && !source.path.starts_with("tests/src/"),
        part: Part::Everything,
        why: "tests never assert on time; measuring is bench's",
    },
];

/// Problems with what a file says.
pub(crate) fn check(source: &Source) -> Vec<String> {
    let mut problems = Vec::new();
    for rule in RULES.iter().filter(|rule| (rule.stands_in)(source)) {
        let word = rule.word.concat();
        let lines: Box<dyn Iterator<Item = (usize, &str)>> = match rule.part {
            Part::Everything => Box::new(source.lines()),
            Part::Product => Box::new(source.product_lines()),
            Part::Tests => Box::new(source.test_lines()),
        };
        let hits = lines.filter(|(_, line)| line.contains(&word));
        problems.extend(hits.map(|(line, _)| source.problem(line, &format!("`{word}`: {}", rule.why))));
    }
    problems
}

fn is_code(source: &Source) -> bool {
    [".rs", ".css", ".js", ".py", ".html", ".toml", ".cedar"]
        .iter()
        .any(|kind| source.path.ends_with(kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> usize {
        check(&Source {
            path: path.to_owned(),
            text: text.to_owned(),
        })
        .len()
    }

    /// Each rule fails where it must: the path, the line that breaks it, and a path where the same line is no breach.
    #[test]
    fn each_rule_can_fail_and_knows_where_it_does_not_apply() {
        let cases = [
            (
                "crates/engine/src/lib.rs",
                format!("use {}{}::Client;", "req", "west"),
                EGRESS,
            ),
            (
                "crates/engine/src/lib.rs",
                format!("use hyper::{}::conn;", "client"),
                "crates/client/src/lib.rs",
            ),
            (
                "crates/gateway/src/x.rs",
                format!("use hyper_util::{}::legacy;", "client"),
                "tests/src/load.rs",
            ),
            ("README.md", format!("see ..{}", "/shared/x"), ""),
            ("docs/a.md", format!("as issue{}12 says", " #"), ""),
            ("crates/a/src/b.rs", format!("// {}{}: later", "TO", "DO"), "docs/a.md"),
            ("ui/style/a.css", format!("/* {}{} */", "FIX", "ME"), "docs/a.md"),
            ("crates/a/src/b.rs", format!("#[{}dead_code)]", "allow("), "docs/a.md"),
            ("crates/a/src/b.rs", format!("#![{}dead_code)]", "allow("), "docs/a.md"),
            ("crates/a/tests/b.rs", format!("#[{}]", "ignore"), "docs/a.md"),
            ("crates/a/src/b.rs", format!("{}{}()", "todo", "!("), "docs/a.md"),
            (
                "crates/a/src/b.rs",
                format!("{}{}()", "unimplemented", "!("),
                "docs/a.md",
            ),
            (
                "crates/a/tests/b.rs",
                format!("std::thread::{}(x)", "sleep"),
                "crates/a/src/b.rs",
            ),
            (
                "tests/tests/b.rs",
                format!("tokio::time::{}(x)", "sleep"),
                "crates/a/src/b.rs",
            ),
            (
                "tests/tests/b.rs",
                format!("began{}{})", ".ela", "psed("),
                "tests/src/bin/bench/load.rs",
            ),
        ];
        for (path, line, innocent) in cases {
            assert_eq!(found(path, &line), 1, "`{line}` in {path}");
            if !innocent.is_empty() {
                assert_eq!(found(innocent, &line), 0, "`{line}` in {innocent}");
            }
        }
    }

    #[test]
    fn a_sleep_in_a_unit_test_is_found_below_cfg_test_only() {
        let line = format!("std::thread::{}(x);\n", "sleep");
        assert_eq!(
            found(
                "crates/a/src/b.rs",
                &format!("{line}#[cfg(test)]\nmod tests {{\n{line}}}")
            ),
            1
        );
    }
}
