//! The Leptos console.
