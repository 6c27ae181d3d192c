//! One exposed series: the target's labels join it, relabelling changes or drops it, limits may refuse it.

use model::Labels;

use super::Style;
use super::limits::{self, Refusal};
use crate::relabel;

/// What one exposed series becomes: its target's labels and its point, or nothing.
pub(super) fn dress_series(
    style: &Style,
    target_names: &[&str],
    exposed: &Labels,
) -> Result<Option<(Labels, Labels)>, Refusal> {
    let clashes = exposed.iter().any(|(name, _)| target_names.contains(&name));
    let (target, point, full) = if style.rules.is_empty() && !clashes {
        (style.target.clone(), exposed.clone(), None)
    } else {
        let mut builder = exposed.to_builder();
        for (name, value) in &style.target {
            let own = builder.value(name).to_owned();
            if own.is_empty() {
                builder.set(name, value);
            } else if !style.honor_labels {
                let mut exported = format!("exported_{name}");
                while !exposed.value(&exported).is_empty() {
                    exported.insert_str(0, "exported_");
                }
                builder.set(&exported, &own).set(name, value);
            }
        }
        if !relabel::apply(&style.rules, &mut builder) {
            return Ok(None);
        }
        let full = builder.build();
        let target = full.filter(|name| target_names.contains(&name));
        let point = full.filter(|name| !target_names.contains(&name));
        (target, point, Some(full))
    };
    limits::check_series(style, full.as_ref(), &target, &point)?;
    Ok(Some((target, point)))
}
