//! Files: how long, and by what name.

use super::Source;

/// A file tells one story.
const MOST_LINES: usize = 500;

/// Names that say nothing about what is inside.
const EMPTY_NAMES: [&str; 8] = [
    "utils", "util", "helpers", "helper", "manager", "managers", "common", "misc",
];

/// Written by hand and read by people; data and licences may be as long as they are.
const KINDS: [&str; 7] = [".rs", ".css", ".js", ".py", ".sh", ".html", ".cedar"];

/// Problems with a file's length or name.
pub(crate) fn check(source: &Source) -> Vec<String> {
    let mut problems = Vec::new();
    let lines = source.text.lines().count();
    if KINDS.iter().any(|kind| source.path.ends_with(kind)) && lines > MOST_LINES {
        problems.push(source.problem(
            lines,
            &format!("{lines} lines; a file tells one story, in at most {MOST_LINES}"),
        ));
    }
    let names = source
        .path
        .split('/')
        .map(|part| part.split('.').next().unwrap_or(part));
    for name in names.filter(|name| EMPTY_NAMES.contains(name)) {
        problems.push(source.problem(1, &format!("`{name}` says nothing; name it by what it holds")));
    }
    if source.is_rust() {
        for (line, text) in source.lines() {
            let declared = text
                .trim_start()
                .trim_start_matches("pub(crate) ")
                .trim_start_matches("pub ");
            let module = declared
                .strip_prefix("mod ")
                .and_then(|rest| rest.split([' ', ';', '{']).next());
            if let Some(name) = module.filter(|name| EMPTY_NAMES.contains(name)) {
                problems.push(source.problem(line, &format!("module `{name}` says nothing; name it by what it holds")));
            }
        }
    }
    problems
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

    #[test]
    fn a_file_of_501_lines_is_too_long_and_one_of_500_is_not() {
        assert_eq!(found("crates/a/src/b.rs", &"//\n".repeat(501)), 1);
        assert_eq!(found("crates/a/src/b.rs", &"//\n".repeat(500)), 0);
        assert_eq!(found("assets/list.json", &"0\n".repeat(501)), 0);
    }

    #[test]
    fn a_name_that_says_nothing_is_refused_as_file_folder_and_module() {
        assert_eq!(found("crates/a/src/utils.rs", ""), 1);
        assert_eq!(found("crates/helpers/src/lib.rs", ""), 1);
        assert_eq!(found("crates/a/src/lib.rs", "pub(crate) mod common {}\n"), 1);
        assert_eq!(found("crates/a/src/lib.rs", "mod manager;\n"), 1);
        assert_eq!(found("crates/a/src/commons.rs", "mod utility;\n"), 0);
    }
}
