//! Staleness: which series ended, and the frames that say so.

use foldhash::{HashMap, HashSet};
use model::{Frame, Labels, STALE_NAN, Timestamp};
use wire::Page;

use super::cut::{Cut, Row};
use super::frames::empty_frame;

/// The columns whose end need not be marked: those that say nothing, and those with times of their own.
pub(super) fn silent_columns(page: &Page, track_timestamps: bool) -> Vec<u32> {
    if page.times.is_empty() || track_timestamps {
        return page.absent.clone();
    }
    let mut silent: Vec<u32> =
        page.absent.iter().copied().chain(page.times.iter().map(|(column, _)| *column)).collect();
    silent.sort_unstable();
    silent.dedup();
    silent
}

/// Ends the series that the old shape had and the new page does not; says how many series are new.
pub(super) fn end_of_shape(
    old: &Cut,
    new: &Cut,
    silent: &[u32],
    time: Timestamp,
    frames: &mut Vec<Frame>,
) -> usize {
    let was_alive = |column: u32| old.live && old.silent.binary_search(&column).is_err();
    let old_columns: HashMap<&Labels, u32> = old.shape.series.iter().zip(0..).collect();
    let mut gone: Vec<bool> = (0..old.shape.series.len() as u32).map(was_alive).collect();
    let mut added = 0;
    for (column, series) in (0u32..).zip(&new.shape.series) {
        let is_said = silent.binary_search(&column).is_err();
        let old_column = old_columns.get(series).copied().filter(|&column| was_alive(column));
        match old_column {
            Some(old_column) if is_said => gone[old_column as usize] = false,
            None if is_said && new.place(column).is_some() => added += 1,
            Some(_) | None => {}
        }
    }
    if gone.contains(&true) {
        end_columns(old, |column| gone[column as usize], time, frames);
    }
    added
}

/// Ends the series that a cut of another style left alive and that `frames` say nothing of.
pub(super) fn end_of_style(old: &Cut, time: Timestamp, frames: &mut Vec<Frame>) {
    let mut said = HashSet::default();
    for frame in &*frames {
        let columns = (0..frame.values.len()).filter(|at| frame.absent.binary_search(&(*at as u32)).is_err());
        said.extend(columns.map(|at| frame.layout.series(at)));
    }
    let mut gone = vec![false; old.shape.series.len()];
    for row in &old.rows {
        for (at, column) in row.sources().enumerate() {
            let was_alive = old.live && old.silent.binary_search(&column).is_err();
            gone[column as usize] = was_alive && !said.contains(&row.layout.series(at));
        }
    }
    end_columns(old, |column| gone[column as usize], time, frames);
}

/// Ends the columns that `is_gone` admits.
fn end_columns(cut: &Cut, is_gone: impl Fn(u32) -> bool, time: Timestamp, frames: &mut Vec<Frame>) {
    let ended = cut.rows.iter().filter_map(|row| stale_row(row, &is_gone, time));
    frames.extend(ended.map(|mut frame| {
        let said = frame.values.len() as u32;
        frame.absent.extend(said..frame.layout.points.len() as u32);
        frame.values.resize(frame.layout.points.len(), STALE_NAN);
        frame
    }));
}

/// A frame that ends those of a row's columns whose source `is_gone` admits; `None` where there are none.
pub(super) fn stale_row(row: &Row, is_gone: impl Fn(u32) -> bool, time: Timestamp) -> Option<Frame> {
    let alive = (0u32..).zip(row.sources()).filter(|(_, source)| !is_gone(*source));
    let absent: Vec<u32> = alive.map(|(column, _)| column).collect();
    if absent.len() == row.columns() {
        return None;
    }
    let mut frame = empty_frame(row.layout.clone(), time);
    frame.values = vec![STALE_NAN; row.columns()];
    frame.absent = absent;
    Some(frame)
}
