//! Attacks on the reading of a model call, each by name, and what comes of it: a refusal, or the capability by which a
//! policy refuses it. Nothing here may pass for a plain text call.

mod anthropic;
mod chat;
mod every_format;
mod everywhere;
mod gemini;
mod responses;

use action::model_call::{Capability, Format};

use crate::bodies::accepted_as;

/// That each attack's body is read with a capability that names it.
fn each_reaches(format: Format, attacks: &[(&str, String, Capability)]) {
    for (attack, body, wanted) in attacks {
        let found = accepted_as(format, body);
        assert!(
            found.capabilities().contains(wanted),
            "{attack}: {:?}",
            found.capabilities()
        );
    }
}

fn hosted(name: &str) -> Capability {
    Capability::HostedTool(name.to_owned())
}

fn state(field: &str) -> Capability {
    Capability::ServerState(field.to_owned())
}

fn endpoint(path: &str) -> Capability {
    Capability::NamesEndpoint(path.to_owned())
}

fn server(address: &str) -> Capability {
    Capability::RemoteMcp(address.to_owned())
}

fn unknown_tool(kind: &str) -> Capability {
    Capability::UnknownTool(kind.to_owned())
}

fn unknown_content(kind: &str) -> Capability {
    Capability::UnknownContent(kind.to_owned())
}

fn unknown_field(path: &str) -> Capability {
    Capability::UnknownField(path.to_owned())
}
