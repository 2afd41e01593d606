//! Names that stand for an upstream's model.

use contract::{Alias, AliasRef, Aliases, Code, Empty, Happening, OperatorError};

use crate::{
    Engine,
    books::{AliasRow, Kept as _},
    operators::fault,
    steps::Noted,
};

fn alias(row: &AliasRow) -> Alias {
    Alias {
        name: row.name.clone(),
        upstream: row.upstream.clone(),
        model: row.model.clone(),
    }
}

fn checked(new: &Alias) -> Result<(), OperatorError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if !(1..=64).contains(&new.name.len()) || !new.name.chars().all(plain) {
        let message = "An alias needs 1 to 64 characters of a-z, A-Z, 0-9, `.`, `_` and `-`.";
        return Err(OperatorError::new(Code::Invalid, message));
    }
    if evidence::ocsf::token(&new.model).is_none() {
        let message = "A model's name needs 1 to 128 characters of a-z, A-Z, 0-9 and `._:/@+-`.";
        return Err(OperatorError::new(Code::Invalid, message));
    }
    Ok(())
}

/// A name that an agent may ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Model {
    /// The name.
    pub id: String,
    /// The upstream that answers.
    pub upstream: String,
}

impl Engine {
    /// The names that agents may ask for besides models' own.
    #[must_use]
    pub fn models(&self) -> Vec<Model> {
        let books = self.books.read();
        let model = |row: &AliasRow| Model {
            id: row.name.clone(),
            upstream: row.upstream.clone(),
        };
        books.aliases.values().map(model).collect()
    }

    pub(crate) fn list_aliases(&self) -> Aliases {
        Aliases {
            aliases: self.books.read().aliases.values().map(alias).collect(),
        }
    }

    pub(crate) async fn set_alias(&self, new: Alias) -> Result<Alias, OperatorError> {
        checked(&new)?;
        let operator = self.acting_operator()?;
        let _changing = self.changing.lock().await;
        let upstream = self.books.read().upstreams.get(&new.upstream).cloned().ok_or_else(|| {
            let message = format!(
                "There is no upstream `{}`; `countersign upstream list` shows them.",
                new.upstream
            );
            OperatorError::new(Code::NotFound, message)
        })?;
        let row = AliasRow {
            name: new.name,
            upstream: new.upstream,
            model: new.model,
        };
        let draft = self.acting(&operator).alias(&row, &upstream, true);
        self.note(Noted::alone(draft).with([row.put().map_err(fault)?])).await?;
        let answer = alias(&row);
        self.books.write().aliases.insert(row.name.clone(), row);
        self.events.tell(Happening::Upstreams);
        Ok(answer)
    }

    pub(crate) async fn remove_alias(&self, named: &AliasRef) -> Result<Empty, OperatorError> {
        let operator = self.acting_operator()?;
        let _changing = self.changing.lock().await;
        let (row, upstream) = {
            let books = self.books.read();
            let row = books.aliases.get(&named.name).cloned();
            let upstream = row.as_ref().and_then(|row| books.upstreams.get(&row.upstream).cloned());
            row.zip(upstream).ok_or_else(|| {
                let message = format!(
                    "There is no alias `{}`; `countersign alias list` shows them.",
                    named.name
                );
                OperatorError::new(Code::NotFound, message)
            })?
        };
        let draft = self.acting(&operator).alias(&row, &upstream, false);
        self.note(Noted::alone(draft).with([row.remove()])).await?;
        self.books.write().aliases.remove(&row.name);
        self.events.tell(Happening::Upstreams);
        Ok(Empty {})
    }
}
