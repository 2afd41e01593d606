//! The steps a call takes, approvals, identities: owns the meaning, knows neither HTTP nor Tauri.
