//! Mutations of the JSON in it, packed again in the one form of the archive as a careful forger would.

use evidence::json::canonical_value;
use serde_json::Value;

use super::random::Random;
use crate::tamper::{Files, close, lines, put_lines, refresh, remanifest};

/// One document changed; the manifest made anew in half of the cases.
pub(super) fn mutate(files: &Files, random: &mut Random) -> Vec<u8> {
    let mut files = files.clone();
    let names: Vec<String> = files
        .keys()
        .filter(|name| name.ends_with(".json") || name.ends_with(".jsonl"))
        .cloned()
        .collect();
    let name = random.of(&names).clone();
    if name.ends_with(".jsonl") {
        let mut all = lines(&files, &name);
        in_lines(&mut all, random);
        put_lines(&mut files, &name, &all);
    } else {
        let text = document(&files[&name], random);
        files.insert(name.clone(), text);
    }
    if name != "manifest.json" && random.chance(2) {
        remanifest(&mut files);
    }
    close(&files)
}

fn in_lines(all: &mut Vec<Vec<u8>>, random: &mut Random) {
    let (one, other) = (random.below(all.len()), random.below(all.len()));
    match random.below(8) {
        0 => {
            all.remove(one);
        }
        1 => all.insert(other, all[one].clone()),
        2 => all.swap(one, other),
        _ => all[one] = document(&all[one], random),
    }
}

/// A document with one place changed: as a value, written in canonical form again, or as text.
fn document(bytes: &[u8], random: &mut Random) -> Vec<u8> {
    if random.chance(4) {
        return as_text(bytes, random);
    }
    let Ok(mut value) = serde_json::from_slice::<Value>(bytes) else {
        return as_text(bytes, random);
    };
    let places = count(&value);
    let donor = nth(&value, &mut random.below(places)).cloned().unwrap_or_default();
    let mut at = random.below(places);
    change(&mut value, &mut at, &donor, random);
    let is_record = value.pointer("/attestation_list/0/fingerprint/value").is_some();
    if canonical_value(&value).is_ok() && is_record && random.chance(2) {
        refresh(&mut value);
    }
    canonical_value(&value).unwrap_or_else(|_| value.to_string().into_bytes())
}

fn as_text(bytes: &[u8], random: &mut Random) -> Vec<u8> {
    let mut text = bytes.to_vec();
    let at = random.below(text.len());
    match random.below(6) {
        0 => text.insert(at, *random.of(b" \t\n\r")),
        1 => {
            text.splice(1..1, *b"\"v\":1,");
        }
        2 => {
            text.splice(0..0, *b"\xEF\xBB\xBF");
        }
        3 => text.push(*random.of(b" \n0}")),
        4 => {
            // One character of a string, as an escape that says the same.
            let escaped = format!("\\u{:04x}", text[at]);
            text.splice(at..=at, escaped.into_bytes());
        }
        _ => text[at] ^= 1 << random.below(7),
    }
    text
}

/// How many values there are in it, itself included.
fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(count).sum::<usize>(),
        Value::Object(members) => members.values().map(count).sum::<usize>(),
        _ => 0,
    }
}

fn nth<'a>(value: &'a Value, left: &mut usize) -> Option<&'a Value> {
    if *left == 0 {
        return Some(value);
    }
    *left -= 1;
    match value {
        Value::Array(items) => items.iter().find_map(|item| nth(item, left)),
        Value::Object(members) => members.values().find_map(|item| nth(item, left)),
        _ => None,
    }
}

/// Changes the value that is `left` places on. Whether it was within this one.
fn change(value: &mut Value, left: &mut usize, donor: &Value, random: &mut Random) -> bool {
    if *left == 0 {
        put(value, donor, random);
        return true;
    }
    *left -= 1;
    match value {
        Value::Array(items) => items.iter_mut().any(|item| change(item, left, donor, random)),
        Value::Object(members) => members.values_mut().any(|item| change(item, left, donor, random)),
        _ => false,
    }
}

fn put(value: &mut Value, donor: &Value, random: &mut Random) {
    if random.chance(6) {
        *value = donor.clone();
        return;
    }
    match value {
        Value::Null => *value = Value::from(0),
        Value::Bool(flag) => *flag = !*flag,
        Value::Number(number) => {
            let numbers = [0, -1, 1, 9_007_199_254_740_991, 9_007_199_254_740_993];
            let near = number.as_i64().unwrap_or_default() + *random.of(&[-1, 1]);
            *value = Value::from(if random.chance(2) { near } else { *random.of(&numbers) });
        }
        Value::String(text) => string(text, random),
        Value::Array(items) => match random.below(3) {
            0 if !items.is_empty() => {
                items.remove(random.below(items.len()));
            }
            1 => items.reverse(),
            _ => items.push(donor.clone()),
        },
        Value::Object(members) => {
            let names: Vec<String> = members.keys().cloned().collect();
            let name = random.of(&names).clone();
            match (random.below(3), members.remove(&name)) {
                (0, Some(member)) => {
                    members.insert(format!("{name}_"), member);
                }
                (1, Some(member)) => {
                    members.insert(name, member);
                    members.insert("further".to_owned(), donor.clone());
                }
                _ => {}
            }
        }
    }
}

fn string(text: &mut String, random: &mut Random) {
    let mut chars: Vec<char> = text.chars().collect();
    let at = random.below(chars.len());
    match (random.below(4), chars.get_mut(at)) {
        (0, Some(char)) => *char = char::from(random.byte()),
        (1, Some(char)) => *char = *random.of(&['0', '1', 'a', 'A', '/', '\u{202e}']),
        (2, Some(_)) => {
            chars.remove(at);
        }
        _ => chars.push(*random.of(&['0', ' ', 'x', '\0'])),
    }
    *text = chars.into_iter().collect();
}
