//! The kinds of actions that agents may propose.

use std::sync::Arc;

use action::proposal::Definition;
use contract::{ActionKind, ActionKindRef, ActionKindText, ActionKinds, Code, Empty, Happening, OperatorError};

use super::capital;
use crate::{
    Engine,
    books::Kept as _,
    clock::now_ms,
    kinds::{KindError, RegisteredKind},
    operators::fault,
    steps::Noted,
};

/// The most kinds: each has a schema in memory.
const MOST: usize = 500;

fn told(kind: &RegisteredKind) -> ActionKind {
    let definition = &kind.definition;
    ActionKind {
        name: definition.name.clone(),
        category: definition.category.as_str().to_owned(),
        category_in_words: definition.category.in_words().to_owned(),
        always_held: definition.category.is_floor(),
        title: definition.title.clone(),
        description: definition.description.clone(),
        report_within_s: definition.report_within_s,
        schema: definition.schema.clone(),
        sha256: kind.sha256.to_string(),
        set_ms: kind.set_ms,
    }
}

impl Engine {
    pub(crate) fn list_kinds(&self) -> ActionKinds {
        ActionKinds {
            kinds: self.books.read().kinds.values().map(|kind| told(kind)).collect(),
        }
    }

    pub(crate) async fn set_kind(&self, text: &ActionKindText) -> Result<ActionKind, OperatorError> {
        let invalid = |error: KindError| {
            let message = format!("{}; nothing was registered.", capital(&error.to_string()));
            OperatorError::new(Code::Invalid, message)
        };
        let definition = Definition::read(text.text.as_bytes()).map_err(|error| invalid(error.into()))?;
        let kind = RegisteredKind::of(definition, now_ms()).map_err(invalid)?;
        let operator = self.acting_operator()?;
        let _changing = self.changing.lock().await;
        let (before, count) = {
            let books = self.books.read();
            (books.kinds.get(&kind.definition.name).cloned(), books.kinds.len())
        };
        if let Some(same) = before.as_ref().filter(|before| before.sha256 == kind.sha256) {
            return Ok(told(same));
        }
        if before.is_none() && count >= MOST {
            let message = format!("There are {MOST} kinds already, the most there may be; nothing was registered.");
            return Err(OperatorError::new(Code::Refused, message));
        }
        let replaces = before.map(|before| before.sha256);
        let draft = self.acting(&operator).action_kind(&kind, replaces, true);
        let row = kind.row().map_err(fault)?;
        self.note(Noted::alone(draft).with([row.put().map_err(fault)?])).await?;
        let answer = told(&kind);
        self.books.write().kinds.insert(row.name, Arc::new(kind));
        self.events.tell(Happening::Policy);
        Ok(answer)
    }

    pub(crate) async fn remove_kind(&self, named: &ActionKindRef) -> Result<Empty, OperatorError> {
        let operator = self.acting_operator()?;
        let _changing = self.changing.lock().await;
        let kind = self.books.read().kinds.get(&named.name).cloned().ok_or_else(|| {
            let message = format!("There is no kind `{}`; `countersign kind list` shows them.", named.name);
            OperatorError::new(Code::NotFound, message)
        })?;
        let draft = self.acting(&operator).action_kind(&kind, None, false);
        let row = kind.row().map_err(fault)?;
        self.note(Noted::alone(draft).with([row.remove()])).await?;
        self.books.write().kinds.remove(&row.name);
        self.events.tell(Happening::Policy);
        Ok(Empty {})
    }
}
