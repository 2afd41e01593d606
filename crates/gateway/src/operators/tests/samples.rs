//! One request and one answer for every call, on the wire.

use super::*;

fn item() -> Value {
    json!({"uid": "0198", "title": "Pay 48 200.00 EUR", "agent_uid": "a1", "agent_name": "billing", "tier": 2,
        "state": "waiting", "asked_ms": 1, "expires_ms": 2, "attached": true, "twins": 0})
}

fn agent() -> Value {
    json!({"uid": "a1", "name": "billing", "sponsor_uid": "o1", "sponsor_name": "Ada", "enabled": true,
        "key_hint": "csk_1a2b3c4d", "added_ms": 3, "practice": false})
}

fn place() -> Value {
    json!({"address": "/mnt/other", "size": 12, "delivered_ms": 1_795_000_000_000_i64, "failure": null})
}

fn upstream() -> Value {
    json!({"name": "openai", "format": "openai", "base_url": "https://api.openai.com/v1", "practice": false,
        "in_use": true, "has_credential": true, "silence_s": 600, "exceptions": ["private_network", "plaintext"],
        "justified": {"by": "Ada", "at_ms": 3, "why": "It stands in our own rack."}})
}

fn credential() -> Value {
    json!({"upstream": "openai", "set_ms": 4, "fingerprint": "0123456789ab"})
}

fn alias() -> Value {
    json!({"name": "fast", "upstream": "openai", "model": "gpt-5.2-mini"})
}

fn action_kind() -> Value {
    json!({"name": "payment.create", "category": "move_money", "category_in_words": "Moves money",
        "always_held": true, "title": "Pay {amount}", "description": "", "report_within_s": 900,
        "schema": "{\"type\":\"object\"}", "sha256": "ab", "set_ms": 5})
}

fn rule() -> Value {
    json!({"id": "text-only", "effect": "allow", "reason": "Text alone does nothing."})
}

fn policy() -> Value {
    json!({"text": "permit(…);", "sha256": "ab", "built_in": true, "published_ms": null, "rules": [rule()]})
}

fn row() -> Value {
    json!({"sequence": 9, "logged_ms": 5, "who": "billing", "who_filter": "agent:billing", "did": "asked gpt-x", "did_filter": "kind:call_decided", "decision": "held", "class_uid": 6003,
        "stream": "a1", "correlation_uid": "r1", "checkpoint_ms": null})
}

fn call() -> Value {
    json!({"sequence": 9, "request_uid": "r1", "asked_ms": 5, "agent": "billing", "operation": "chat.completions",
        "model": "gpt-x", "upstream": "openai", "decision": "allowed", "state": "answered", "says": "answered",
        "http_status": 200, "tokens_in": 12, "tokens_out": 7, "ended_ms": 8, "total_us": 3400,
        "steps": [{"step": "decide", "us": 400}, {"step": "first_byte", "us": 3000}]})
}

fn day() -> Value {
    let sums = json!({"calls": 3, "held": 1, "refused": 1, "failed": 0, "answered": 2, "tokens_in": 24,
        "tokens_out": 14});
    let time = json!({"p50_us": 400, "p95_us": 900, "calls": 2});
    json!({"date": "2026-11-22", "from_ms": 1, "to_ms": 9, "sums": sums, "own": time, "upstream": null,
        "hours": [{"from_ms": 1, "sums": sums, "own": time, "upstream": null}],
        "agents": [{"name": "billing", "filter": "agent:a1", "sums": sums}], "models": [], "first_ms": 1, "upto_ms": 8,
        "searched": 10, "size": 10})
}

fn opening(slot: &str) -> Value {
    json!({"content_uid": "c1", "slot": slot, "media_type": "application/json", "salt": "00", "text": "{\"ü\":\"\u{202e}\"}",
        "commitment": "cd"})
}

fn verification() -> Value {
    json!({"state": "running", "verified": 3, "of": 9, "ended_ms": null, "broken_at": null, "sentence": "Under way."})
}

fn held() -> Value {
    json!({"item": item(), "view": opening("view"), "subject": opening("subject"), "request": opening("request"), "action": "{}", "action_digest": "ef", "sponsor": "Ada",
        "reasons": [{"rule": "tools-act", "text": "Tools act."}], "policy_sha256": "ab", "policy_name": "built-in",
        "not_established": ["risk"], "record": 9, "request_uid": "r1", "sole_operator": true, "barred": null,
        "decided": null, "decision_reason": null})
}

fn status() -> Value {
    json!({"version": "0.1.0", "tenant_uid": "t1", "tenant_name": "Example", "agents_url": "http://127.0.0.1:4180/v1",
        "serving": {"state": "no", "reason": "The disk is full."}, "chain": {"origin": "countersign/log/aa", "size": 10,
        "head": "ab", "log_key_id": "SHA256:x", "log_key_from": 4, "mac_epoch": 1, "checkpoint": {"size": 9, "root": "cd", "signed_ms": 6},
        "verification": verification()}, "operators": [{"uid": "o1", "name": "Ada", "key_id": "SHA256:y",
        "registered_at": 2}], "waiting": 1, "openai_upstream": "practice", "practice": true, "key_store": "keychain",
        "data_dir": "/data"})
}

fn record() -> Value {
    json!({"row": row(), "sentence": "billing asked.", "fields": [{"label": "Model", "value": "gpt-x", "mono": true, "filter": "model:gpt-x"}],
        "story": [{"sequence": 9, "title": "Held", "note": "by policy", "logged_ms": 5, "decision": "held"}],
        "ocsf": "{}", "hashed": "{}", "follows": null, "fingerprint": "ab", "recomputed": "ab", "sealed_in": 10})
}

fn keys() -> Value {
    json!({"origin": "countersign/log/aa", "mac_epoch": 1,
        "log": [{"key_id": "SHA256:x", "spki": "MFkw", "from_size": 0}]})
}

fn erasure() -> Value {
    json!({"dry_run": true, "contents": 2, "bytes": 40, "oldest_ms": 1, "newest_ms": 2,
        "kept": [{"contents": 1, "because": "a legal hold"}], "plan": "ab", "records": [12], "sentence": "2 contents."})
}

fn retention() -> Value {
    json!({"days": 2557, "minimum_days": 183, "is_default": true})
}

fn legal_hold() -> Value {
    json!({"uid": "h1", "scope": {"what": "request", "correlation_uid": "r1"}, "keeps": "one story",
        "reason_content": "c9", "set_by": "Ada", "set_ms": 7})
}

/// The request and the answer of this call.
pub(super) fn of(name: &str) -> (Value, Value) {
    let page = json!({"items": [item()], "total": 1, "waiting": 1, "missed": 0});
    match name {
        "status" => (json!({}), status()),
        "inbox" => (
            json!({"states": ["waiting", "expired"], "offset": 1, "limit": 50}),
            page,
        ),
        "inbox_item" => (json!({"uid": "0198"}), held()),
        "inbox_statement" => (
            json!({"uid": "0198", "decision": "approve", "reason": "Checked.", "key_id": "SHA256:y"}),
            json!({"payload": "{}", "payload_type": "application/vnd.in-toto+json", "reason": opening("reason")}),
        ),
        "inbox_decide" => (
            json!({"uid": "0198", "envelope": "{}"}),
            json!({"item": item(), "record": 10}),
        ),
        "practice_call" => (json!({}), json!({"item_uid": "0198", "outcome": "It is held."})),
        "agents" => (json!({}), json!({"agents": [agent()]})),
        "agent_add" => (
            json!({"name": "billing"}),
            json!({"agent": agent(), "runtime_key": "csk_x", "snippets": [{"title": "Python", "code": "…"}]}),
        ),
        "agent_disable" => (json!({"agent": "billing"}), agent()),
        "agent_enable" => (json!({"agent": "billing"}), agent()),
        "checkpoint_places" => (json!({}), json!({"places": [place()]})),
        "checkpoint_place_add" => (json!({"address": "/mnt/other"}), place()),
        "checkpoint_place_remove" => (json!({"address": "/mnt/other"}), json!({})),
        "upstreams" => (json!({}), json!({"upstreams": [upstream()]})),
        "upstream_add" => (
            json!({"name": "openai", "format": "openai", "base_url": "https://x/v1",
                "silence_s": 30, "exceptions": ["private_network"], "justification": "Ours, in the rack."}),
            upstream(),
        ),
        "upstream_use" => (json!({"name": "openai"}), upstream()),
        "upstream_remove" => (json!({"name": "openai"}), json!({})),
        "aliases" => (json!({}), json!({"aliases": [alias()]})),
        "alias_set" => (alias(), alias()),
        "alias_remove" => (json!({"name": "fast"}), json!({})),
        "action_kinds" => (json!({}), json!({"kinds": [action_kind()]})),
        "action_kind_set" => (json!({"text": "{}"}), action_kind()),
        "action_kind_remove" => (json!({"name": "payment.create"}), json!({})),
        "credentials" => (json!({}), json!({"credentials": [credential()]})),
        "credential_set" => (json!({"upstream": "openai", "secret": "sk-secret"}), credential()),
        "credential_remove" => (json!({"upstream": "openai"}), json!({})),
        "keys" => (json!({}), keys()),
        "key_rotate" => (
            json!({"role": "mac", "reason": "It is old."}),
            json!({"role": "mac", "record": 9, "sentence": "It was replaced.", "keys": keys()}),
        ),
        "policy" => (json!({}), policy()),
        "policy_check" => (
            json!({"text": "permit("}),
            json!({"problems": [{"line": 1, "message": "It ends too soon."}], "rules": [rule()], "sha256": "ab"}),
        ),
        "policy_publish" => (json!({"text": "permit(…);"}), policy()),
        "log" => (
            json!({"filter": "agent:a1", "at": 9, "limit": 10, "size": null}),
            json!({"rows": [row()], "size": 10, "matching": 1, "searched": 10}),
        ),
        "log_density" => (
            json!({"filter": "", "size": 10, "from_ms": 1, "to_ms": null, "slots": 2}),
            json!({"from_ms": 1, "to_ms": 9, "slots": [{"records": 3, "refused": 1, "held": 0, "at": 7}], "searched": 10}),
        ),
        "log_find" => (
            json!({"wanted": "4", "filter": "", "size": null}),
            json!({"records": [4], "of": 1, "at": 5, "filter": "record:4"}),
        ),
        "log_complete" => (
            json!({"field": "agent", "prefix": "b"}),
            json!({"values": [{"value": "billing", "note": "a1"}]}),
        ),
        "traffic" => (
            json!({"filter": "agent:a1", "at": 9, "limit": 10, "size": null}),
            json!({"calls": [call()], "size": 10, "matching": 1, "searched": 10}),
        ),
        "traffic_call" => (
            json!({"sequence": 9}),
            json!({"call": call(), "sentence": "The model call to gpt-x by billing was answered.",
                "reasons": [{"rule": "text-only", "text": "Text alone does nothing."}],
                "fields": [{"label": "Model", "value": "gpt-x", "mono": true, "filter": "model:gpt-x"}],
                "story": [{"sequence": 9, "title": "Allowed", "note": "by policy", "logged_ms": 5, "decision": "allowed"}]}),
        ),
        "day" => (json!({"date": "2026-11-22", "offset_min": 60}), day()),
        "log_prove" => (
            json!({"sequence": 4, "size": null}),
            json!({"format": "countersign/inclusion/v1", "origin": "countersign/log/ab", "sequence": 4, "record": "{}",
                "fingerprint": "ab", "tag": "cd", "size": 5, "root": "ef", "path": ["12"], "checkpoint": "x\n",
                "rotations": [{"by_old": "{}", "by_new": "{}"}]}),
        ),
        "log_consistency" => (
            json!({"from": 4, "to": null}),
            json!({"format": "countersign/consistency/v1", "origin": "countersign/log/ab", "from": 4, "from_root": "ab",
                "to": 5, "to_root": "cd", "path": ["12"], "checkpoint": null, "rotations": []}),
        ),
        "log_check_receipt" => (
            json!({"origin": "countersign/log/ab", "sequence": 4, "fingerprint": "ab"}),
            json!({"state": "held", "sentence": "This log holds it."}),
        ),
        "log_export" => (
            json!({"filter": "agent:a1"}),
            json!({"export_record": 11, "tree_size": 11, "root": "ab", "filter": "agent:a1", "count": 2, "first": 3,
                "last": 9, "sha256": "cd", "attestation": "{}"}),
        ),
        "log_lines" => (json!({"export_record": 11, "at": 2}), json!({"lines": ["{}"]})),
        "log_record" => (json!({"sequence": 9}), record()),
        "log_verify" => (json!({}), verification()),
        "case_export" => (
            json!({"selection": {"kind": "agent", "agent": "billing", "from_ms": 1, "to_ms": null},
                "disclosure": {"slots": ["view"], "disclosed": [], "withheld": ["c9"], "reason": "They asked.",
                "withholding_reason": null}, "since": null}),
            json!({"name": "billing.case.zip", "bytes": 3, "sha256": "ab", "records": 4, "export_record": 11}),
        ),
        "subject_export" => (
            json!({"text": "Erika Mustermann", "reason": "She asked."}),
            json!({"name": "about-a-person.json", "document": "{}", "sha256": "ab", "attestation": "{}", "records": 1,
                "found": 2, "export_record": 11}),
        ),
        "case_part" => (json!({"export_record": 11, "at": 0}), json!({"bytes": "UEs="})),
        "case_preview" => (
            json!({"selection": {"kind": "records", "sequences": [3, 4]}, "disclosure": {"slots": [], "disclosed": [],
                "withheld": [], "reason": null, "withholding_reason": null}, "since": "countersign/log/ab\n"}),
            json!({"about": "Two records.", "records": 2, "first": 3, "first_ms": 5, "last": 4, "last_ms": 6,
                "slots": [{"slot": "view", "contents": 1, "disclosed": 0, "disclosed_bytes": 0, "erased": 0}],
                "contents": [{"content_uid": "c1", "slot": "view", "media_type": "application/json", "bytes": 12,
                "record": 3, "disclosed": false}], "contents_in_all": 1, "bytes": 9000, "claim": "Each is proved."}),
        ),
        "contents" => (
            json!({"agent": "billing", "correlation_uid": null, "unerased": true, "before": 9, "limit": 10}),
            json!({"contents": [{"id": 3, "content_uid": "c1", "slot": "request", "media_type": "application/json",
                "bytes": 12, "record": 9, "logged_ms": 5, "stream": "a1", "erased_by": null,
                "kept_because": "a legal hold"}]}),
        ),
        "content_open" => (
            json!({"content_uid": "c1"}),
            json!({"content_uid": "c1", "slot": "request", "media_type": "application/json", "record": 9, "text": "{}",
                "base64": null, "commitment": "cd", "opened_by": 11}),
        ),
        "content_erase" => (
            json!({"scope": {"what": "text", "text": "Erika Mustermann"}, "reason": "She asked.", "dry_run": true,
                "plan": null}),
            erasure(),
        ),
        "retention" => (json!({}), retention()),
        "retention_set" => (json!({"days": 365, "minimum_days": null}), retention()),
        "retention_apply" => (json!({"dry_run": true, "days": 30}), erasure()),
        "legal_holds" => (json!({}), json!({"holds": [legal_hold()]})),
        "legal_hold_set" => (
            json!({"scope": {"what": "agent", "agent": "billing"}, "reason": "Litigation."}),
            legal_hold(),
        ),
        "legal_hold_lift" => (json!({"uid": "h1", "reason": "Settled."}), json!({"holds": []})),
        "pin_note" => (
            json!({"pin": {"origin": "countersign/log/0", "role": "case", "spki": "AA==", "name": "Norwind",
                "source": "a letter", "pinned_ms": 5}, "pinned": true}),
            json!({}),
        ),
        other => panic!("`{other}` has no sample yet"),
    }
}
