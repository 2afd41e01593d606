//! Verifies one file in small steps, giving the browser its turn between them.

use std::io::Cursor;

use contract::{Report, VerifyProgress};
use evidence::verifier::{Limits, Pins, Step, Verifier};
use js_sys::Promise;
use leptos::prelude::window;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use web_sys::{File, MessageChannel};

use crate::reading::{Unread, read};

/// Bytes of work in one step: some ten records, or a few signatures.
const BUDGET: u64 = 16 << 10;

/// How long steps follow one another before the browser has its turn, ms: shorter than a frame.
const TURN: f64 = 12.0;

/// How often it is said how far it has come, ms: each time the page is laid out anew, with all that an earlier file's report
/// shows.
const TELLING: f64 = 100.0;

/// Verifies a file, telling how far it has come, and what happened from the record of this number on. `go_on` is asked
/// between steps.
pub(crate) async fn verify(
    file: &File,
    from: u64,
    known: &Pins,
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
    let verifier = Verifier::with_limits(Cursor::new(bytes), &name, known, Limits::page());
    let mut verifier = verifier.telling_from(from);
    let mut turn = now();
    let mut said = 0.0;
    loop {
        match verifier
            .step(BUDGET)
            .map_err(|error| Unread::Stopped(error.to_string()))?
        {
            Step::Done(found) => {
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "a clock that runs backwards gives 0"
                )]
                let elapsed_ms = (now() - began) as u64;
                return Ok(Report {
                    elapsed_ms,
                    verified_ms: date_now(),
                    told_from: from,
                    ..Report::from(*found)
                });
            }
            Step::Going(progress) if now() - turn >= TURN => {
                if now() - said >= TELLING {
                    told(VerifyProgress::of(&name, progress));
                    said = now();
                }
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

#[expect(clippy::cast_possible_truncation, reason = "ms since 1970 are whole and fit")]
fn date_now() -> i64 {
    js_sys::Date::now() as i64
}

fn now() -> f64 {
    window().performance().map_or(0.0, |clock| clock.now())
}

/// Lets the browser draw and listen. By a message and not by a timer: timers wait a second in a tab that nobody looks at.
async fn pause() {
    let Ok(channel) = MessageChannel::new() else { return };
    let (listens, speaks) = (channel.port1(), channel.port2());
    let woken = Promise::new(&mut |resolve, _| {
        listens.set_onmessage(Some(&resolve));
        if speaks.post_message(&JsValue::NULL).is_err() {
            leptos::logging::warn!("this browser passes no messages");
        }
    });
    if JsFuture::from(woken).await.is_err() {
        leptos::logging::warn!("this browser's messages fail");
    }
    listens.close();
}
