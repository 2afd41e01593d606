//! The operators' interface, from outside a running gateway.
