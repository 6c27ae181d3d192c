//! The frames of a page: its values copied along the cut, samples with times of their own apart.

use std::sync::Arc;

use foldhash::{HashMap, HashMapExt};
use model::{Frame, Layout, STALE_NAN, Timestamp, Value};
use wire::Page;

use super::cut::Cut;

/// How many sets of columns with times of their own are remembered per shape.
const GROUPS_MAX: usize = 4_096;

impl Cut {
    /// Copies a page along the cut.
    pub(super) fn page_frames(
        &mut self,
        page: Page,
        silent: Vec<u32>,
        time: Timestamp,
        frames: &mut Vec<Frame>,
    ) {
        self.refresh_starts(&page.starts);
        let mut ended = Vec::new();
        if self.live && silent != self.silent {
            ended.extend(silent.iter().copied().filter(|column| self.silent.binary_search(column).is_err()));
        }
        let mut left_out = page.absent;
        left_out.extend(page.times.iter().map(|(column, _)| *column));
        left_out.sort_unstable();
        left_out.dedup();
        left_out.retain(|column| ended.binary_search(column).is_err());
        let page = Page { absent: left_out, ..page };
        match self.rows[0].is_whole() && page.times.is_empty() {
            true => frames.push(self.whole_frame(page, &ended, time)),
            false => self.row_frames(page, &ended, time, frames),
        }
        self.live = true;
        self.silent = silent;
    }

    /// The one frame of a page of which nothing is dropped: so it is for most targets, and nothing has to be dealt out.
    fn whole_frame(&self, page: Page, ended: &[u32], time: Timestamp) -> Frame {
        let mut values = page.values;
        ended.iter().for_each(|&column| values[column as usize] = STALE_NAN);
        Frame {
            layout: self.rows[0].layout.clone(),
            time,
            values,
            absent: page.absent,
            histograms: page.histograms,
            exemplars: page.exemplars,
            starts: self.rows[0].starts.clone(),
        }
    }

    /// The frames of all rows, the target's own as the last.
    fn row_frames(&mut self, page: Page, ended: &[u32], time: Timestamp, frames: &mut Vec<Frame>) {
        let mut histograms = self.deal(page.histograms);
        let mut exemplars = self.deal(page.exemplars);
        let mut page_values = page.values;
        self.group_frames(&page.times, &page_values, &mut histograms, &mut exemplars, frames);
        ended.iter().for_each(|&column| page_values[column as usize] = STALE_NAN);
        let mut absent = self.deal(page.absent.into_iter().map(|column| (column, ())));
        for (index, row) in self.rows.iter().enumerate().rev() {
            let frame = Frame {
                layout: row.layout.clone(),
                time,
                values: row.sources().map(|source| page_values[source as usize]).collect(),
                absent: std::mem::take(&mut absent[index]).into_iter().map(|(column, ())| column).collect(),
                histograms: std::mem::take(&mut histograms[index]),
                exemplars: std::mem::take(&mut exemplars[index]),
                starts: row.starts.clone(),
            };
            // A row of which nothing is said does not become a frame; the target's own always says `up`.
            if index == 0 || frame.absent.len() < frame.values.len() {
                frames.push(frame);
            }
        }
    }

    /// Frames of the samples that bring times of their own, one for each row and time.
    fn group_frames(
        &mut self,
        times: &[(u32, Timestamp)],
        values: &[f64],
        histograms: &mut [Vec<(u32, Value)>],
        exemplars: &mut [Vec<(u32, model::Exemplar)>],
        frames: &mut Vec<Frame>,
    ) {
        if times.is_empty() {
            return;
        }
        let mut groups: HashMap<(u32, Timestamp), Vec<(u32, u32)>> = HashMap::new();
        for &(source, time) in times {
            if let Some(place) = self.place(source) {
                groups.entry((place.row, time)).or_default().push((place.column, source));
            }
        }
        if self.groups.len() > GROUPS_MAX {
            self.groups.clear();
        }
        let mut groups: Vec<_> = groups.into_iter().collect();
        groups.sort_unstable_by_key(|(key, _)| *key);
        for ((row_index, time), columns) in groups {
            let row = &self.rows[row_index as usize];
            let key: Vec<u32> = columns.iter().map(|(column, _)| *column).collect();
            let layout = self.groups.entry((row_index, key)).or_insert_with_key(|(_, columns)| {
                let points = columns.iter().map(|&column| row.layout.points[column as usize].clone());
                Layout::new(row.layout.target.clone(), points.collect(), Vec::new())
            });
            let take = |all: &mut Vec<(u32, Value)>| take_columns(all, &columns);
            let starts: Arc<[Timestamp]> = match row.starts.is_empty() {
                true => row.starts.clone(),
                false => columns.iter().map(|(column, _)| row.starts[*column as usize]).collect(),
            };
            frames.push(Frame {
                layout: layout.clone(),
                time,
                values: columns.iter().map(|(_, source)| values[*source as usize]).collect(),
                absent: Vec::new(),
                histograms: take(&mut histograms[row_index as usize]),
                exemplars: take_columns(&mut exemplars[row_index as usize], &columns),
                starts,
            });
        }
    }

    /// Start times hardly ever change, so each row's are made once for each list the page brings.
    fn refresh_starts(&mut self, starts: &Arc<[Timestamp]>) {
        if self.starts.as_ref().is_some_and(|known| Arc::ptr_eq(known, starts)) {
            return;
        }
        for row in &mut self.rows {
            row.starts = match starts.is_empty() {
                true => Arc::from([]),
                false => {
                    let own = row.sources().map(|source| starts[source as usize]);
                    own.chain(std::iter::repeat(0)).take(row.layout.points.len()).collect()
                }
            };
        }
        self.starts = Some(starts.clone());
    }

    /// Deals what stands at columns of the shape out to the rows, at the rows' columns.
    fn deal<T>(&self, items: impl IntoIterator<Item = (u32, T)>) -> Vec<Vec<(u32, T)>> {
        let mut dealt: Vec<Vec<(u32, T)>> = std::iter::repeat_with(Vec::new).take(self.rows.len()).collect();
        for (source, item) in items {
            if let Some(place) = self.place(source) {
                dealt[place.row as usize].push((place.column, item));
            }
        }
        dealt
    }
}

/// A frame that says nothing yet.
pub(super) fn empty_frame(layout: Arc<Layout>, time: Timestamp) -> Frame {
    Frame {
        layout,
        time,
        values: Vec::new(),
        absent: Vec::new(),
        histograms: Vec::new(),
        exemplars: Vec::new(),
        starts: Arc::from([]),
    }
}

/// The frame of the target's own row, which is the last that was pushed, moved to the front.
pub(super) fn main_frame<'a>(frames: &'a mut [Frame], layout: &Arc<Layout>) -> &'a mut Frame {
    let last = frames.len() - 1;
    debug_assert_eq!(frames[last].layout.id(), layout.id());
    frames.swap(0, last);
    &mut frames[0]
}

/// Takes what stands at any of `columns` out of `all`, renumbered to the position within `columns`.
fn take_columns<T>(all: &mut Vec<(u32, T)>, columns: &[(u32, u32)]) -> Vec<(u32, T)> {
    let position = |column: u32| columns.binary_search_by_key(&column, |(column, _)| *column).ok();
    all.extract_if(.., |(column, _)| position(*column).is_some())
        .map(|(column, item)| (position(column).map_or(0, |at| at as u32), item))
        .collect()
}
