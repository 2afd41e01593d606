//! Whom the people here trust when they verify: that they changed it is recorded; the pins are theirs.

use contract::{Code, OperatorError, PinNote};
use evidence::verifier::Pin;

use crate::{Engine, steps::Noted};

impl Engine {
    pub(crate) async fn note_pin(&self, note: &PinNote) -> Result<(), OperatorError> {
        let pin = Pin::try_from(&note.pin)
            .map_err(|why| OperatorError::new(Code::Invalid, format!("That is no key to pin: {why}.")))?;
        let operator = self.acting_operator()?;
        self.note(Noted::alone(self.acting(&operator).signer(&pin, note.pinned)))
            .await?;
        Ok(())
    }
}
