//! `countersign-console`: the desktop app.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    countersign_console::run()
}
