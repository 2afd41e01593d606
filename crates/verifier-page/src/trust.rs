//! Whom this session trusts: keys that a person got from their owners. They last as long as the page is open.

use contract::{Code, OperatorError, PinnedKey};
use leptos::prelude::*;
use report::{Dialog, Digest, PinForm, Signer};

use crate::session::Session;

/// The pins, and the dialog that adds one.
#[component]
pub(crate) fn Trust(session: Session) -> impl IntoView {
    let begin = move |_| {
        session.draft.signer.set(Signer::default());
        session.pinning.set(true);
    };
    view! {
        <section class="stack pins" data-test="pins">
            <div class="row">
                <h2 class="head grow">"Signers that you trust"</h2>
                <button class="button little" data-test="pin-add" on:click=begin>"Pin a signer…"</button>
            </div>
            {move || {
                let pins = session.pins.get();
                if pins.is_empty() {
                    view! {
                        <p class="muted">
                            "None yet. A file can prove that it is intact; that it comes from whom you think, only a key that you got from them can show. "
                            "Pin a key, type a key’s id to compare, or drop a file of pins here. Pins last as long as this page is open."
                        </p>
                    }
                        .into_any()
                } else {
                    view! {
                        <ul class="table">
                            {pins.into_iter().map(|pin| view! { <Row session pin /> }).collect_view()}
                        </ul>
                    }
                        .into_any()
                }
            }}
            <Dialog open=session.pinning title="Pin a signer" test="pin-dialog" wide=true>
                <Form session />
            </Dialog>
        </section>
    }
}

#[component]
fn Row(session: Session, pin: PinnedKey) -> impl IntoView {
    let gone = pin.clone();
    let id = pin.key_id().unwrap_or_default();
    view! {
        <li class="pin-row" data-test="pin" data-origin=pin.origin.clone() data-role=pin.role.clone()>
            <span class="strong">{pin.name}</span>
            <span class="muted">{pin.role.clone()} " key " <Digest value=id /> " of " <Digest value=pin.origin.clone() /></span>
            <span class="muted clip" title=pin.source.clone()>{pin.source.clone()}</span>
            <button class="button quiet little" data-test="pin-remove" on:click=move |_| session.unpin(&gone)>"Remove"</button>
        </li>
    }
}

#[component]
fn Form(session: Session) -> impl IntoView {
    let refused = RwSignal::new(None::<OperatorError>);
    let add = Callback::new(move |keys| match session.pin(keys) {
        Ok(()) => {
            session.draft.clear();
            session.pinning.set(false);
        }
        Err(why) => refused.set(Some(OperatorError::new(Code::Conflict, why))),
    });
    let close = Callback::new(move |()| session.pinning.set(false));
    view! { <PinForm draft=session.draft add close error=refused busy=session.busy /> }
}
