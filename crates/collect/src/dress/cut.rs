//! The cut: what the series of one shape become, worked out once and followed by every page of that shape.

use std::sync::{Arc, LazyLock};

use foldhash::{HashMap, HashMapExt, HashSet};
use model::{Labels, Layout, Pool, Timestamp};
use wire::Shape;

use super::Style;
use super::limits::Refusal;
use super::report::report_points;
use super::series::dress_series;

/// What the series of one shape become.
pub(super) struct Cut {
    pub(super) shape: Arc<Shape>,
    /// By the shape's column where it went; empty where the first row is whole.
    places: Box<[Place]>,
    /// The first is the target's own row and ends with the automatic series.
    pub(super) rows: Vec<Row>,
    /// How many columns of the shape are kept.
    pub(super) kept: usize,
    /// Whether the last scrape succeeded, with columns of this shape.
    pub(super) live: bool,
    /// Columns that the last scrape left without a sample whose end would have to be marked; ascending.
    pub(super) silent: Vec<u32>,
    pub(super) starts: Option<Arc<[Timestamp]>>,
    /// The layouts of samples with times of their own, by row and columns.
    pub(super) groups: HashMap<(u32, Vec<u32>), Arc<Layout>>,
}

/// The columns that have the same target labels.
pub(super) struct Row {
    pub(super) layout: Arc<Layout>,
    pub(super) starts: Arc<[Timestamp]>,
    sources: Sources,
}

/// The shape's column behind each of a row's.
enum Sources {
    /// All of the shape's columns, as many as these, in their order: so it is for most targets, and takes no memory.
    Whole(u32),
    Some(Box<[u32]>),
}

/// Where a column went.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) row: u32,
    pub(super) column: u32,
}

const DROPPED: Place = Place { row: u32::MAX, column: u32::MAX };

impl Cut {
    /// Works out what becomes of `shape`. What `old` says of a series holds for it here too.
    pub(super) fn new(style: &Style, shape: &Arc<Shape>, old: Option<&Cut>) -> Result<Cut, Refusal> {
        let old_columns: HashMap<&Labels, u32> =
            old.map(|cut| cut.shape.series.iter().zip(0..).collect()).unwrap_or_default();
        let mut dealer = Dealer::new(style, shape.series.len());
        for (column, exposed) in (0u32..).zip(&shape.series) {
            let known = old.zip(old_columns.get(exposed)).map(|(cut, &at)| cut.dressed(at));
            let dressed = match known {
                Some(dressed) => dressed,
                None => dress_series(style, &dealer.target_names, exposed)?,
            };
            dealer.deal(column, dressed);
        }
        Ok(dealer.finish(shape))
    }

    /// Where a column of the shape went; `None` where it was dropped.
    pub(super) fn place(&self, column: u32) -> Option<Place> {
        match self.places.get(column as usize) {
            Some(&place) => (place != DROPPED).then_some(place),
            None => Some(Place { row: 0, column }),
        }
    }

    /// How many kept columns say something now and did not before.
    pub(super) fn newly_present(&self, silent: &[u32]) -> usize {
        let is_kept = |column: &&u32| self.place(**column).is_some();
        if !self.live {
            return self.kept - silent.iter().filter(is_kept).count();
        }
        let back = self.silent.iter().filter(|&column| silent.binary_search(column).is_err());
        back.filter(is_kept).count()
    }

    /// What a column became: its row's target and its point, or nothing.
    fn dressed(&self, column: u32) -> Option<(Labels, Labels)> {
        self.place(column).map(|place| {
            let layout = &self.rows[place.row as usize].layout;
            (layout.target.clone(), layout.points[place.column as usize].clone())
        })
    }
}

impl Row {
    /// How many of the shape's columns are here.
    pub(super) fn columns(&self) -> usize {
        match &self.sources {
            Sources::Whole(columns) => *columns as usize,
            Sources::Some(columns) => columns.len(),
        }
    }

    /// Whether all of the shape's columns are here, in their order.
    pub(super) fn is_whole(&self) -> bool {
        matches!(self.sources, Sources::Whole(_))
    }

    /// The shape's column behind each of the row's.
    pub(super) fn sources(&self) -> impl Iterator<Item = u32> + '_ {
        let (whole, some): (u32, &[u32]) = match &self.sources {
            Sources::Whole(columns) => (*columns, &[]),
            Sources::Some(columns) => (0, columns),
        };
        (0..whole).chain(some.iter().copied())
    }
}

/// Deals the columns of a shape out to rows.
struct Dealer<'a> {
    target_names: Vec<&'a str>,
    /// Whether points are the shape's own series, which are shared already.
    is_plain: bool,
    report: Vec<Labels>,
    /// The points each row has, so that none has one twice.
    taken: HashSet<(u32, Labels)>,
    rows: Vec<Dealt>,
    places: Vec<Place>,
    kept: usize,
}

struct Dealt {
    target: Labels,
    points: Vec<Labels>,
    sources: Vec<u32>,
}

impl<'a> Dealer<'a> {
    fn new(style: &'a Style, columns: usize) -> Dealer<'a> {
        let report = report_points(style.extra_metrics);
        let own = Dealt {
            target: style.target.clone(),
            points: Vec::with_capacity(columns + report.len()),
            sources: Vec::with_capacity(columns),
        };
        let mut taken = HashSet::with_capacity_and_hasher(columns + report.len(), Default::default());
        taken.extend(report.iter().map(|point| (0, point.clone())));
        Dealer {
            target_names: style.target.iter().map(|(name, _)| name).collect(),
            is_plain: style.rules.is_empty(),
            taken,
            report,
            rows: vec![own],
            places: Vec::with_capacity(columns),
            kept: 0,
        }
    }

    fn deal(&mut self, column: u32, dressed: Option<(Labels, Labels)>) {
        let Some((target, point)) = dressed else { return self.places.push(DROPPED) };
        let row = self.rows.iter().position(|known| known.target == target).unwrap_or_else(|| {
            self.rows.push(Dealt { target, points: Vec::new(), sources: Vec::new() });
            self.rows.len() - 1
        });
        // Relabelling can make two series one; the first on the page is the one that stays.
        if !self.taken.insert((row as u32, point.clone())) {
            return self.places.push(DROPPED);
        }
        let dealt = &mut self.rows[row];
        self.places.push(Place { row: row as u32, column: dealt.points.len() as u32 });
        dealt.points.push(if self.is_plain { point } else { point.shared() });
        dealt.sources.push(column);
        self.kept += 1;
    }

    fn finish(mut self, shape: &Arc<Shape>) -> Cut {
        self.rows[0].points.append(&mut self.report);
        let columns = shape.series.len();
        let is_whole = self.rows[0].sources.len() == columns;
        let rows = self.rows.into_iter().enumerate().map(|(index, dealt)| Row {
            layout: Layout::sharing(
                dealt.target,
                shared_points(dealt.points),
                if index == 0 { shape.metadata.clone() } else { Arc::from([]) },
            ),
            starts: Arc::from([]),
            sources: match index == 0 && is_whole {
                true => Sources::Whole(columns as u32),
                false => Sources::Some(dealt.sources.into()),
            },
        });
        Cut {
            shape: shape.clone(),
            rows: rows.collect(),
            places: if is_whole { Box::default() } else { self.places.into() },
            kept: self.kept,
            live: false,
            silent: Vec::new(),
            starts: None,
            groups: HashMap::new(),
        }
    }
}

/// The list in the one allocation that all targets with such a list share.
fn shared_points(points: Vec<Labels>) -> Arc<[Labels]> {
    static SHARED: LazyLock<Pool<[Labels]>> = LazyLock::new(Pool::new);
    SHARED.share(points)
}
