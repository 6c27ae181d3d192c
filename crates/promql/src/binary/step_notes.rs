//! What there is to tell about an operator between two vectors: of all pairs at a step, the last one is heard.

use crate::annotation::{Annotations, Note};
use crate::syntax::Span;

/// The last note of each step.
#[derive(Default)]
pub(super) struct StepNotes {
    /// By step; empty while there is none at all, which is the rule.
    notes: Vec<Option<Note<'static>>>,
}

impl StepNotes {
    /// Notes something, instead of what was noted of the same step before.
    pub(super) fn set(&mut self, step: usize, note: Note<'static>) {
        if self.notes.len() <= step {
            self.notes.resize(step + 1, None);
        }
        self.notes[step] = Some(note);
    }

    /// Takes over what was noted of later pairs.
    pub(super) fn merge(&mut self, later: StepNotes) {
        for (step, note) in later.notes.into_iter().enumerate() {
            if let Some(note) = note {
                self.set(step, note);
            }
        }
    }

    /// All steps' notes, about the operator at `span`.
    pub(super) fn annotations(self, span: Span) -> Annotations {
        let mut annotations = Annotations::default();
        self.notes.into_iter().flatten().for_each(|note| annotations.add(note, span));
        annotations
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_pair_of_a_step_is_heard() {
        let note = |left| Note::IncompatibleTypes { left, operator: "+", right: "histogram" };
        let (mut first, mut later) = (StepNotes::default(), StepNotes::default());
        first.set(2, note("float"));
        first.set(0, note("string"));
        later.set(2, note("histogram"));
        first.merge(later);
        let infos = first.annotations(Span::new(0, 1)).infos("x");
        assert_eq!(infos.len(), 2, "{infos:?}");
        assert!(infos[0].contains("string + histogram"), "{infos:?}");
        assert!(infos[1].contains("histogram + histogram"), "{infos:?}");
    }
}
