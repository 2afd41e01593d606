//! The public formats as TypeScript: every operators' call with its types, what happens, and what a verifier finds.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::Result;
use contract::view::View;
use contract::{Event, OperatorError, PinnedKey, Report, VerifyProgress};
use ts_rs::{Config, TS};

/// Writes every type into `folder`, one file each, and `Operators.ts` with the calls; a file for a type that is no
/// more is removed.
///
/// # Errors
/// Where the folder can't be written.
pub fn write(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    let config = Config::new().with_out_dir(folder);
    for export in TYPES {
        export(&config)?;
    }
    fs::write(folder.join("Operators.ts"), calls(&config))?;
    Ok(())
}

/// What [`write`] would write now, by file name.
///
/// # Errors
/// Where a temporary folder can't be written.
pub fn expected() -> Result<BTreeMap<String, String>> {
    let folder = tempfile::tempdir()?;
    let below = folder.path().join("bindings");
    write(&below)?;
    read(&below)
}

/// What a folder holds, by file name.
///
/// # Errors
/// Where it can't be read.
pub fn read(folder: &Path) -> Result<BTreeMap<String, String>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        files.insert(
            entry.file_name().to_string_lossy().into_owned(),
            fs::read_to_string(entry.path())?,
        );
    }
    Ok(files)
}

type Export = fn(&Config) -> Result<(), ts_rs::ExportError>;

macro_rules! types {
    ($($(#[$doc:meta])* $name:ident($request:ty) -> $response:ty;)*) => {
        /// Each call's request and response; then what no call names.
        const TYPES: &[Export] = &[
            $({ use contract::*; <$request as TS>::export_all }, { use contract::*; <$response as TS>::export_all },)*
            Event::export_all, OperatorError::export_all, PinnedKey::export_all, Report::export_all,
            contract::RefusedLog::export_all, contract::RescuedLog::export_all, VerifyProgress::export_all, contract::Checked::export_all, contract::Verified::export_all, View::export_all,
        ];

        /// The calls as a TypeScript interface.
        fn calls(config: &Config) -> String {
            use contract::*;
            let signatures: &[(&str, String, String)] =
                &[$((stringify!($name), <$request as TS>::name(config), <$response as TS>::name(config)),)*];
            interface(signatures)
        }
    };
}

contract::for_each_call!(types);

fn interface(signatures: &[(&str, String, String)]) -> String {
    let mut names: Vec<&String> = signatures
        .iter()
        .flat_map(|(_, request, response)| [request, response])
        .collect();
    names.sort();
    names.dedup();
    let mut text = String::from("// Every call an operator can make: `POST /operators/v1/NAME`, JSON in and out.\n");
    for name in names {
        let _never_fails = writeln!(text, "import type {{ {name} }} from \"./{name}\";");
    }
    text.push_str("\nexport interface Operators {\n");
    for (name, request, response) in signatures {
        let _never_fails = writeln!(text, "  {name}(request: {request}): Promise<{response}>;");
    }
    text.push_str("}\n");
    text
}
