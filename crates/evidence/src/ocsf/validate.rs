//! Whether an event is valid OCSF: required attributes, types, enums, constraints, profiles, and nothing unknown.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::OnceLock;

use serde::Deserialize;
use serde_json::{Map, Value};

/// The classes and objects that records use, from the schema's 1.9.0-dev of July 2026.
const SCHEMA: &str = include_str!("schema.json");

#[derive(Deserialize)]
struct Schema {
    profiles: Vec<String>,
    classes: BTreeMap<String, Class>,
    objects: BTreeMap<String, Shape>,
}

#[derive(Deserialize)]
struct Class {
    category_uid: u64,
    #[serde(flatten)]
    shape: Shape,
}

#[derive(Deserialize)]
struct Shape {
    attributes: BTreeMap<String, Attribute>,
    #[serde(default)]
    at_least_one: Vec<String>,
    /// The names of those that are required, told once: every record is checked.
    #[serde(skip)]
    required: Vec<String>,
}

impl Shape {
    fn tell_required(&mut self) {
        let required = self.attributes.iter().filter(|(_, attribute)| attribute.required);
        self.required = required.map(|(name, _)| name.clone()).collect();
    }
}

#[derive(Deserialize)]
struct Attribute {
    #[serde(default)]
    required: bool,
    object: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    array: bool,
    profile: Option<String>,
    ids: Option<Vec<i64>>,
}

fn schema() -> Result<&'static Schema, &'static str> {
    static PARSED: OnceLock<Option<Schema>> = OnceLock::new();
    PARSED
        .get_or_init(|| {
            let mut schema: Schema = serde_json::from_str(SCHEMA).ok()?;
            let classes = schema.classes.values_mut().map(|class| &mut class.shape);
            classes
                .chain(schema.objects.values_mut())
                .for_each(Shape::tell_required);
            Some(schema)
        })
        .as_ref()
        .ok_or("the built-in table of OCSF is damaged")
}

/// Checks an event against OCSF's schema: required attributes, types, enums, `type_uid`, constraints, and that every
/// profile whose attributes are used is named. An attribute that OCSF doesn't have is an error; `unmapped` is free.
///
/// # Errors
/// One sentence for each thing that is wrong.
pub fn validate(event: &Value) -> Result<(), Vec<String>> {
    let schema = schema().map_err(|message| vec![message.to_owned()])?;
    let mut check = Check {
        schema,
        profiles: Vec::new(),
        problems: Vec::new(),
    };
    check.event(event);
    if check.problems.is_empty() {
        Ok(())
    } else {
        Err(check.problems)
    }
}

struct Check<'a> {
    schema: &'a Schema,
    profiles: Vec<&'a str>,
    problems: Vec<String>,
}

/// Where the check is: written out only for a problem, for every record is checked, and almost none has one.
#[derive(Clone, Copy)]
enum Path<'p> {
    Top,
    Member(&'p Path<'p>, &'p str),
    Item(&'p Path<'p>, usize),
}

impl std::fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Top => Ok(()),
            Self::Member(Self::Top, name) => f.write_str(name),
            Self::Member(parent, name) => write!(f, "{parent}.{name}"),
            Self::Item(parent, index) => write!(f, "{parent}[{index}]"),
        }
    }
}

impl<'a> Check<'a> {
    fn problem(&mut self, path: &Path<'_>, message: &str) {
        self.problems.push(format!("`{path}` {message}"));
    }

    fn problem_of(&mut self, name: &str, message: &str) {
        self.problem(&Path::Member(&Path::Top, name), message);
    }

    fn event(&mut self, event: &'a Value) {
        let Some(members) = event.as_object() else {
            return self.problem_of("event", "isn't an object");
        };
        let number = |name| members.get(name).and_then(Value::as_u64);
        let class_uid = number("class_uid").unwrap_or_default();
        let schema = self.schema;
        let Some(class) = schema.classes.get(&class_uid.to_string()) else {
            return self.problem_of("class_uid", "isn't a class that records use");
        };
        if number("category_uid") != Some(class.category_uid) {
            self.problem_of("category_uid", "isn't the class's category");
        }
        let type_uid = number("activity_id").map(|activity| class_uid * 100 + activity);
        if type_uid.is_none() || number("type_uid") != type_uid {
            self.problem_of("type_uid", "isn't class_uid * 100 + activity_id");
        }
        let profiles = members.get("metadata").and_then(|metadata| metadata.get("profiles"));
        for profile in profiles
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
        {
            if !schema.profiles.iter().any(|known| known == profile) || self.profiles.contains(&profile) {
                self.problem_of("metadata.profiles", "names an unknown profile, or one twice");
            }
            self.profiles.push(profile);
        }
        self.object(members, &class.shape, &Path::Top);
    }

    fn object(&mut self, members: &'a Map<String, Value>, shape: &'a Shape, path: &Path<'_>) {
        for (name, value) in members {
            let path = Path::Member(path, name);
            match shape.attributes.get(name) {
                Some(attribute) => self.attribute(value, attribute, &path),
                None => self.problem(&path, "isn't an attribute that belongs here"),
            }
            // OCSF: 99 Other says nothing without the text beside it.
            if let (Some(stem), Some(99)) = (name.strip_suffix("_id"), value.as_u64())
                && shape.attributes.contains_key(stem)
                && !members.contains_key(stem)
            {
                self.problem(&path, "is 99 Other and the text beside it is absent");
            }
        }
        for name in shape.required.iter().filter(|name| !members.contains_key(*name)) {
            if shape
                .attributes
                .get(name)
                .is_some_and(|attribute| self.applies(attribute))
            {
                self.problem(&Path::Member(path, name), "is required and absent");
            }
        }
        let one = &shape.at_least_one;
        if !one.is_empty() && !one.iter().any(|name| members.contains_key(name)) {
            self.problem(path, &format!("needs one of {}", one.join(", ")));
        }
    }

    fn applies(&self, attribute: &Attribute) -> bool {
        attribute
            .profile
            .as_deref()
            .is_none_or(|profile| self.profiles.contains(&profile))
    }

    fn attribute(&mut self, value: &'a Value, attribute: &'a Attribute, path: &Path<'_>) {
        if !self.applies(attribute) {
            self.problem(path, "belongs to a profile that metadata.profiles doesn't name");
        }
        if !attribute.array {
            return self.single(value, attribute, path);
        }
        match value.as_array() {
            Some(items) if !items.is_empty() => {
                for (index, item) in items.iter().enumerate() {
                    self.single(item, attribute, &Path::Item(path, index));
                }
            }
            _ => self.problem(path, "isn't a list with something in it"),
        }
    }

    fn single(&mut self, value: &'a Value, attribute: &'a Attribute, path: &Path<'_>) {
        if let Some(object) = &attribute.object {
            return match (value.as_object(), self.schema.objects.get(object)) {
                (Some(members), Some(shape)) => self.object(members, shape, path),
                // `unmapped`, which is ours.
                (Some(_), None) => {}
                (None, _) => self.problem(path, "isn't an object"),
            };
        }
        if let Some(wanted) = attribute.kind.as_deref().and_then(|kind| mismatch(value, kind)) {
            self.problem(path, wanted);
        }
        if let Some(ids) = &attribute.ids
            && !value.as_i64().is_some_and(|id| ids.contains(&id))
        {
            self.problem(path, "isn't one of the values that OCSF defines");
        }
    }
}

/// What a value of this type must be, if it isn't.
fn mismatch(value: &Value, kind: &str) -> Option<&'static str> {
    match kind {
        "json_t" => None,
        "boolean_t" => (!value.is_boolean()).then_some("isn't true or false"),
        "integer_t" | "long_t" | "timestamp_t" => value.as_i64().is_none().then_some("isn't an integer"),
        "port_t" => {
            let port = value.as_u64().is_some_and(|port| port <= 65_535);
            (!port).then_some("isn't a port")
        }
        "ip_t" => {
            let address = value.as_str().is_some_and(|text| text.parse::<IpAddr>().is_ok());
            (!address).then_some("isn't an IP address")
        }
        _ => (!value.is_string()).then_some("isn't a text"),
    }
}
