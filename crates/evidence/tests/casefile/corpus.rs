//! The fuzz targets' corpus, replayed: what was found once stays found.

#[path = "../../../../fuzz/targets.rs"]
mod targets;

use std::fs;
use std::path::Path;

/// What a target does with an input.
type Target = fn(&[u8]);

#[test]
fn each_target_holds_on_its_whole_corpus() {
    let runs: [(&str, Target); 6] = [
        ("zip", targets::zip),
        ("json", targets::json),
        ("checkpoint", targets::checkpoint),
        ("envelope", targets::envelope),
        ("statement", targets::statement),
        ("case_file", targets::case_file),
    ];
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
    for (target, run) in runs {
        let mut tried = 0;
        for entry in fs::read_dir(corpus.join(target)).unwrap() {
            run(&fs::read(entry.unwrap().path()).unwrap());
            tried += 1;
        }
        assert!(tried >= 3, "{target}: {tried} inputs");
    }
}
