//! Verifies one file in small steps, giving the browser its turn between them.

use std::io::Cursor;

use contract::{PinnedKey, Report, VerifyProgress};
use evidence::verifier::{Pin, Pins, Step, Verifier};
use js_sys::Promise;
use leptos::prelude::window;
use wasm_bindgen_futures::JsFuture;
use web_sys::File;

use crate::reading::{Unread, read};

/// Bytes of work in one step: some ten records, or a few signatures.
const BUDGET: u64 = 16 << 10;

/// How long steps follow one another before the browser has its turn, ms: shorter than a frame.
const TURN: f64 = 12.0;

/// Verifies a file, telling how far it has come. `go_on` is asked between steps.
pub(crate) async fn verify(
    file: &File,
    pins: &[PinnedKey],
    mut told: impl FnMut(VerifyProgress),
    go_on: impl Fn() -> bool,
) -> Result<Report, Unread> {
    let (name, began) = (file.name(), now());
    let opening = |done, of| VerifyProgress {
        file: name.clone(),
        stage: "Opening the file".to_owned(),
        done,
        of,
    };
    let bytes = read(file, |done, of| told(opening(done, of)), &go_on).await?;
    let pins: Vec<Pin> = pins.iter().filter_map(|pin| Pin::try_from(pin).ok()).collect();
    let mut verifier = Verifier::new(Cursor::new(bytes), &name, &Pins::new(pins));
    let mut turn = now();
    loop {
        match verifier.step(BUDGET).map_err(|_| Unread::Refused)? {
            Step::Done(found) => {
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "a clock that runs backwards gives 0"
                )]
                let elapsed_ms = (now() - began) as u64;
                return Ok(Report {
                    elapsed_ms,
                    ..Report::from(*found)
                });
            }
            Step::Going(progress) if now() - turn >= TURN => {
                told(VerifyProgress::of(&name, progress));
                pause().await;
                if !go_on() {
                    return Err(Unread::CalledOff);
                }
                turn = now();
            }
            Step::Going(_) => {}
        }
    }
}

fn now() -> f64 {
    window().performance().map_or(0.0, |clock| clock.now())
}

/// Lets the browser draw and listen.
async fn pause() {
    let promise = Promise::new(&mut |resolve, _| {
        if window().set_timeout_with_callback(&resolve).is_err() {
            leptos::logging::warn!("this browser gives no timers");
        }
    });
    if JsFuture::from(promise).await.is_err() {
        leptos::logging::warn!("this browser's timers fail");
    }
}
