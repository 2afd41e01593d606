//! A list of any length that only draws the rows in view.
//!
//! Browsers lay out at most some 33 million pixels. Beyond [`TALLEST`] the scrollbar therefore stands for a longer
//! list than it is tall: dragging it maps onto the whole, while the wheel and the keys still move by true pixels.

use std::time::Duration;

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast as _;
use wasm_bindgen::prelude::Closure;

/// The tallest that the scrolled element ever gets, in CSS pixels.
const TALLEST: f64 = 8_000_000.0;
/// Rows drawn beyond each edge, so that none is missing in a quick scroll.
const SPARE: u64 = 6;
/// How long a leap elsewhere waits for its rows before their places are drawn empty: most come sooner, and drawing a
/// screenful of empty places first would make them late.
const PATIENCE: Duration = Duration::from_millis(60);

/// Where a list is scrolled to, in true pixels of its rows.
#[derive(Clone, Copy)]
pub(crate) struct Scroller {
    offset: RwSignal<f64>,
    height: RwSignal<f64>,
    row: f64,
    node: NodeRef<html::Div>,
    /// What the page itself set, so that the browser's report of it isn't taken for a person's scroll.
    placed: StoredValue<f64>,
}

impl Scroller {
    /// A list of rows of this height in CSS pixels, at its top.
    pub(crate) fn new(row: f64) -> Self {
        Self {
            offset: RwSignal::new(0.0),
            height: RwSignal::new(600.0),
            row,
            node: NodeRef::new(),
            placed: StoredValue::new(-1.0),
        }
    }

    /// Whether the list is at its top.
    pub(crate) fn at_top(self) -> bool {
        self.offset.get_untracked() < self.row
    }

    /// The rows in view: the first, and one past the last.
    pub(crate) fn in_view(self, count: u64) -> (u64, u64) {
        let first = to_index(self.offset.get() / self.row);
        let rows = to_index(self.height.get() / self.row) + 2;
        (first.min(count), (first + rows).min(count))
    }

    /// Where to put something beside a row, in CSS pixels: under it, from the list's top; or in the list's lower half
    /// over it, from the list's bottom.
    pub(crate) fn sides(self, index: u64) -> (Option<f64>, Option<f64>) {
        let (top, height) = (to_pixels(index) * self.row - self.offset.get(), self.height.get());
        if top + self.row < height / 2.0 {
            (Some(top + self.row), None)
        } else {
            (None, Some(height - top))
        }
    }

    /// Scrolls so that a row is the first in view.
    pub(crate) fn show_at_top(self, index: u64, count: u64) {
        self.scroll_to(to_pixels(index) * self.row, count);
    }

    /// Scrolls as little as shows the whole of a row.
    pub(crate) fn reveal(self, index: u64, count: u64) {
        let top = to_pixels(index) * self.row;
        let offset = self.offset.get_untracked();
        let height = self.height.get_untracked();
        if top < offset {
            self.scroll_to(top, count);
        } else if top + self.row > offset + height {
            self.scroll_to(top + self.row - height, count);
        }
    }

    /// Scrolls to a true offset.
    pub(crate) fn scroll_to(self, offset: f64, count: u64) {
        let scale = self.scale(count);
        let offset = offset.clamp(0.0, self.furthest(count));
        self.offset.set(offset);
        if let Some(node) = self.node.get_untracked() {
            #[expect(clippy::cast_possible_truncation, reason = "scrollTop is whole pixels below TALLEST")]
            let top = (offset / scale).round() as i32;
            self.placed.set_value(f64::from(top));
            node.set_scroll_top(top);
        }
    }

    /// True pixels for each pixel of the scrollbar's way.
    fn scale(self, count: u64) -> f64 {
        let total = to_pixels(count) * self.row;
        if total <= TALLEST {
            return 1.0;
        }
        let height = self.height.get_untracked();
        (total - height) / (TALLEST - height)
    }

    fn furthest(self, count: u64) -> f64 {
        (to_pixels(count) * self.row - self.height.get_untracked()).max(0.0)
    }

    /// A person scrolled.
    fn scrolled(self, count: u64) {
        let Some(node) = self.node.get_untracked() else {
            return;
        };
        let top = f64::from(node.scroll_top());
        let own = (top - self.placed.get_value()).abs() < 1.5;
        self.placed.set_value(-1.0);
        if !own {
            let scale = self.scale(count);
            self.offset.set((top * scale).clamp(0.0, self.furthest(count)));
        }
    }

    /// The wheel turned. In a list taller than [`TALLEST`] the browser's own step would leap over rows.
    fn wheeled(self, event: &web_sys::WheelEvent, count: u64) {
        if self.scale(count) <= 1.0 || event.ctrl_key() {
            return;
        }
        event.prevent_default();
        let unit = if event.delta_mode() == 1 { self.row } else { 1.0 };
        self.scroll_to(self.offset.get_untracked() + event.delta_y() * unit, count);
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "never negative, and far below 2^53"
)]
fn to_index(rows: f64) -> u64 {
    rows.max(0.0).floor() as u64
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
fn to_pixels(rows: u64) -> f64 {
    rows as f64
}

/// The list. Rows are `role="option"` elements with ids `<id>-<index>`.
#[component]
pub(crate) fn VirtualList<R, V>(
    /// How many rows.
    #[prop(into)]
    count: Signal<u64>,
    /// Where it is scrolled to.
    scroller: Scroller,
    /// Draws the row at an index; what changes in it must be reactive.
    render: R,
    /// Told which rows came into view: first, one past the last.
    #[prop(into)]
    into_view: Callback<(u64, u64)>,
    /// Whether the rows from the first to before the last are known; reactive.
    #[prop(into, optional)]
    known: Option<Callback<(u64, u64), bool>>,
    /// The row under the cursor.
    #[prop(into)]
    cursor: Signal<Option<u64>>,
    /// The element's id.
    id: &'static str,
    /// What the list holds.
    label: &'static str,
) -> impl IntoView
where
    R: Fn(u64) -> V + Clone + Send + Sync + 'static,
    V: IntoView + 'static,
{
    let in_view = Memo::new(move |_| scroller.in_view(count.get()));
    Effect::new(move |_| into_view.run(with_spare(in_view.get(), count.get())));
    let window = drawn(in_view, count, known);
    Effect::new(move |_| {
        if let Some(node) = scroller.node.get() {
            measure(scroller, &node);
        }
    });
    let tall = move || {
        let total = to_pixels(count.get()) * scroller.row;
        format!("{}px", total.min(TALLEST))
    };
    let placed = move || {
        let (first, _) = window.get();
        let count = count.get();
        let offset = scroller.offset.get();
        scroller.height.track();
        let top = (offset / scroller.scale(count)).round();
        let y = if scroller.scale(count) <= 1.0 {
            to_pixels(first) * scroller.row
        } else {
            top + to_pixels(first) * scroller.row - offset
        };
        format!("translateY({y}px)")
    };
    view! {
        <div
            class="virtual"
            id=id
            node_ref=scroller.node
            role="listbox"
            tabindex="0"
            aria-label=label
            aria-activedescendant=move || cursor.get().map(|index| format!("{id}-{index}"))
            on:scroll=move |_| scroller.scrolled(count.get_untracked())
            on:wheel=move |event| scroller.wheeled(&event, count.get_untracked())
        >
            <div class="virtual-whole" role="presentation" style:height=tall>
                <div class="virtual-window" role="presentation" style:transform=placed>
                    <For each=move || { let (first, last) = window.get(); first..last } key=|index| *index children=render />
                </div>
            </div>
        </div>
    }
}

/// Rows, and those beyond each edge of them.
fn with_spare((first, last): (u64, u64), count: u64) -> (u64, u64) {
    (first.saturating_sub(SPARE), (last + SPARE).min(count))
}

/// The rows that are drawn: those in view and some beyond. After a leap, those in view not before they are known, or were
/// waited for; and the others a frame later.
fn drawn(
    in_view: Memo<(u64, u64)>,
    count: Signal<u64>,
    known: Option<Callback<(u64, u64), bool>>,
) -> RwSignal<(u64, u64)> {
    let drawn = RwSignal::new((0, 0));
    let waits = StoredValue::new(None::<TimeoutHandle>);
    let draw = move |rows| {
        if drawn.try_get_untracked().is_some_and(|before| before != rows) {
            drawn.set(rows);
        }
    };
    let draw_spare = move || {
        if let (Some(rows), Some(count), Some(drawn)) = (
            in_view.try_get_untracked(),
            count.try_get_untracked(),
            drawn.try_get_untracked(),
        ) && overlap(rows, drawn)
        {
            draw(with_spare(rows, count));
        }
    };
    Effect::new(move |_| {
        let rows = in_view.get();
        if overlap(rows, drawn.get_untracked()) {
            stop_waiting(waits);
            return draw(with_spare(rows, count.get()));
        }
        if known.is_none_or(|known| known.run(rows)) {
            stop_waiting(waits);
            draw(rows);
            return request_animation_frame(draw_spare);
        }
        if waits.with_value(Option::is_some) {
            return;
        }
        // Whoever drags the scrollbar leaps on and on: what is in view by then is drawn, so that it is seen where one is.
        let patient = move || {
            waits.try_set_value(None);
            if let Some(rows) = in_view.try_get_untracked() {
                draw(rows);
                request_animation_frame(draw_spare);
            }
        };
        waits.set_value(set_timeout_with_handle(patient, PATIENCE).ok());
    });
    drawn
}

/// Whether some rows are in both.
fn overlap((first, last): (u64, u64), (before, past): (u64, u64)) -> bool {
    first < past && before < last
}

fn stop_waiting(waits: StoredValue<Option<TimeoutHandle>>) {
    if let Some(waiting) = waits.try_update_value(Option::take).flatten() {
        waiting.clear();
    }
}

/// Keeps the height of the list's window up to date, for as long as the list is there.
fn measure(scroller: Scroller, node: &web_sys::HtmlDivElement) {
    let measured = node.clone();
    let changed = Closure::<dyn FnMut()>::new(move || {
        // Before the page is laid out, and while the list is hidden, it has no height to go by.
        let height = f64::from(measured.client_height());
        if height > 0.0 {
            scroller.height.try_set(height);
        }
    });
    match web_sys::ResizeObserver::new(changed.as_ref().unchecked_ref()) {
        Ok(observer) => {
            observer.observe(node);
            let kept = StoredValue::new_local((observer, changed));
            on_cleanup(move || {
                kept.try_with_value(|(observer, _)| observer.disconnect());
            });
        }
        Err(_) => leptos::logging::warn!("the list's height can't be watched"),
    }
}
