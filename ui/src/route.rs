//! Places and their addresses. The address is the part after `#`, so that a reload or a link lands where it was.

/// Where a person is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Route {
    /// Held items, and the one that is open.
    Inbox(Option<String>),
    /// The calls that agents make, and the one that is open, by the record that asked for it.
    Traffic(Option<u64>),
    /// A day in sums.
    Day,
    /// The log, and the record that is open.
    Audit(Option<u64>),
    /// Case files.
    Verify,
    /// Agents.
    Agents,
    /// The policy.
    Policies,
    /// Upstreams and their credentials.
    Vault,
    /// Appearance, keys, and what this gateway is.
    Settings,
}

/// The places of the rail, with the key that goes there after `g`.
pub(crate) const PLACES: [(Route, &str, &str); 9] = [
    (Route::Inbox(None), "Inbox", "i"),
    (Route::Traffic(None), "Traffic", "t"),
    (Route::Day, "The day", "d"),
    (Route::Audit(None), "Audit", "a"),
    (Route::Verify, "Verify", "v"),
    (Route::Agents, "Agents", "g"),
    (Route::Policies, "Policies", "p"),
    (Route::Vault, "Vault", "k"),
    (Route::Settings, "Settings", "s"),
];

impl Route {
    /// Reads an address. One that names no place is the inbox.
    pub(crate) fn parse(hash: &str) -> Self {
        let path = hash.trim_start_matches('#').trim_start_matches('/');
        let (place, rest) = path.split_once('/').unwrap_or((path, ""));
        match place {
            "traffic" => Self::Traffic(rest.parse().ok()),
            "day" => Self::Day,
            "audit" => Self::Audit(rest.parse().ok()),
            "verify" => Self::Verify,
            "agents" => Self::Agents,
            "policies" => Self::Policies,
            "vault" => Self::Vault,
            "settings" => Self::Settings,
            _ => Self::Inbox(Some(rest.to_owned()).filter(|uid| !uid.is_empty())),
        }
    }

    /// The address.
    pub(crate) fn hash(&self) -> String {
        match self {
            Self::Inbox(Some(uid)) => format!("#/inbox/{uid}"),
            Self::Traffic(Some(sequence)) => format!("#/traffic/{sequence}"),
            Self::Audit(Some(sequence)) => format!("#/audit/{sequence}"),
            _ => format!("#/{}", self.place()),
        }
    }

    /// The place's name in addresses.
    pub(crate) fn place(&self) -> &'static str {
        match self {
            Self::Inbox(_) => "inbox",
            Self::Traffic(_) => "traffic",
            Self::Day => "day",
            Self::Audit(_) => "audit",
            Self::Verify => "verify",
            Self::Agents => "agents",
            Self::Policies => "policies",
            Self::Vault => "vault",
            Self::Settings => "settings",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_is_read_as_the_place_that_printed_it() {
        let mut routes: Vec<_> = PLACES.into_iter().map(|(route, ..)| route).collect();
        routes.push(Route::Inbox(Some("apr_01".to_owned())));
        routes.push(Route::Traffic(Some(48_186)));
        routes.push(Route::Audit(Some(48_187)));
        for route in routes {
            assert_eq!(Route::parse(&route.hash()), route);
        }
    }

    #[test]
    fn an_address_that_names_no_place_is_the_inbox() {
        for hash in ["", "#", "#/", "#/nowhere", "#/nowhere/"] {
            assert_eq!(Route::parse(hash), Route::Inbox(None));
        }
        assert_eq!(Route::parse("#/audit/x"), Route::Audit(None));
    }
}
