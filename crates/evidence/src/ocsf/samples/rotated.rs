//! Rotations of keys.

use super::*;

pub(super) fn rotations() -> Vec<(&'static str, Event)> {
    let (context, actor) = (context(), Actor::Person(person()));
    let mac = |reason| MacRotated {
        context: context.clone(),
        actor: actor.clone(),
        epoch: 1,
        from: 41,
        reason,
    };
    let rotated = KeyRotated {
        context: context.clone(),
        actor: actor.clone(),
        role: Role::Log,
        old: key(Role::Log, 1).public(),
        new: key(Role::Log, 2).public(),
        from_size: 41,
        statement_sha256: digest("statement"),
        reason: Some(content("reason")),
    };
    vec![
        ("mac_rotated", mac(Some(content("reason"))).event()),
        ("mac_rotated", mac(None).event()),
        ("key_rotated", rotated.event()),
    ]
}
