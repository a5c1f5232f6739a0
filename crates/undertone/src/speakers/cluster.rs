//! Vectors of windows → who speaks when: clusters, then turns without flicker.
//!
//! 1. The recording's mean is taken from every vector (a filter or gain that acts on the whole recording falls out) and only directions are kept.
//! 2. Average linkage merges windows (`linkage.rs`), down to a number of speakers.
//! 3. A few passes of Viterbi assign every window to the nearest mean direction again; a change of speaker costs, half as much after a pause.
//! 4. With [`Count::Auto`] this is done for one speaker more as long as their mean vectors are apart (`count.rs`) and each has spoken for two
//!    seconds; where a number is asked for, for one fewer as long as two of them are one speaker's beyond doubt.
//!
//! One speaker at a time is answered: of speakers who overlap the nearer one is named. Exact for the same input; time grows with n · 1200 for n
//! windows and memory with n, so ten hours are a matter of seconds.

use serde::{Deserialize, Serialize};

use super::linkage::{Cluster, gather, merge};
use super::{count, smooth};
use crate::units::{Seconds, Segment};

/// Most speakers found where the number is not given.
const MOST: usize = 8;
/// A speaker found has spoken at least so many seconds.
const LEAST_SECONDS: f64 = 2.0;
/// Clusters that are left before their number is decided.
const UNDECIDED: usize = 100;
/// Passes of assigning windows anew.
const PASSES: usize = 4;
/// Windows further apart than this have a pause between them.
const APART: f64 = 1e-3;

/// How many speakers there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Count {
    /// As many as there seem to be, up to 8.
    Auto,
    /// So many (where there are as many windows), at least one; fewer where some are the same beyond doubt.
    Exactly(usize),
}

/// A window of speech with its vector.
#[derive(Clone, Debug, PartialEq)]
pub struct SpeakerVector {
    /// Where it lies in the recording; windows of one stretch of speech overlap or touch.
    pub segment: Segment,
    /// The vector of [`super::SpeakerProjection`].
    pub vector: Vec<f32>,
}

/// A stretch of one speaker.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Turn {
    /// Where it lies in the recording.
    pub segment: Segment,
    /// Who: 0 for the first to speak, 1 for the next new speaker, …
    pub speaker: usize,
}

/// A window as clustering sees it.
pub(super) struct Item {
    /// What it alone stands for: from the middle of its overlap with the window before to that with the next one.
    pub own: Segment,
    /// Whether a pause lies before it.
    pub after_pause: bool,
    /// The direction of its vector, of length 1 (or 0 where it is the mean itself).
    pub direction: Vec<f64>,
    /// The vector itself.
    pub vector: Vec<f64>,
}

impl Item {
    pub(super) fn seconds(&self) -> f64 {
        self.own.duration().0.max(0.0)
    }
}

/// Who speaks in the stretches that `windows` cover: turns in the order of time, which do not overlap and cover the same stretches. Vectors
/// of unequal length count as if filled up with zeros. No windows give no turns.
///
/// ```
/// use undertone::speakers::{Count, SpeakerVector, cluster};
/// use undertone::units::{Seconds, Segment};
///
/// let window = |i: u32| SpeakerVector {
///     segment: Segment { start: Seconds(f64::from(i)), end: Seconds(f64::from(i) + 1.0) },
///     vector: if i < 5 { vec![4.0, 0.1 * f64::from(i) as f32] } else { vec![-4.0, 0.3] },
/// };
/// let turns = cluster(&(0..10).map(window).collect::<Vec<_>>(), Count::Exactly(2));
/// assert_eq!(turns.len(), 2);
/// assert_eq!((turns[0].segment.end, turns[1].speaker), (Seconds(5.0), 1));
/// ```
pub fn cluster(windows: &[SpeakerVector], count: Count) -> Vec<Turn> {
    let items = items(windows);
    if items.is_empty() {
        return Vec::new();
    }
    let labels = match count {
        Count::Auto => as_many_as_are_apart(&items),
        Count::Exactly(count) => at_most(&items, count.max(1)),
    };
    turns(&items, &labels)
}

/// Labels of as many speakers as are apart.
fn as_many_as_are_apart(items: &[Item]) -> Vec<usize> {
    let start = merge(singles(items), &mut |left, _| left.len() <= UNDECIDED);
    let mut similarities = [0.0; MOST + 1];
    merge(start.clone(), &mut |left, similarity| {
        if let Some(next) = similarities.get_mut(left.len()) {
            *next = similarity;
        }
        false
    });
    let mut labels = vec![0; items.len()];
    for (count, merged) in similarities.into_iter().enumerate().skip(2) {
        let next = settled(items, start.clone(), count);
        let long = seconds(items, &next).iter().filter(|&&seconds| seconds >= LEAST_SECONDS).count();
        if long < count || !count::apart(items, &next, merged) {
            break;
        }
        labels = next;
    }
    labels
}

/// Labels of so many speakers, or fewer where some are the same beyond doubt.
fn at_most(items: &[Item], count: usize) -> Vec<usize> {
    let start = singles(items);
    let counts = (2..=count).rev();
    let mut labels = counts.map(|count| settled(items, start.clone(), count));
    labels.find(|labels| !count::same(items, labels)).unwrap_or_else(|| vec![0; items.len()])
}

/// Labels of so many speakers, after the passes.
fn settled(items: &[Item], start: Vec<Cluster>, count: usize) -> Vec<usize> {
    let mut labels = vec![0; items.len()];
    for (label, cluster) in exactly(start, count).iter().enumerate() {
        cluster.members.iter().for_each(|&member| labels[member] = label);
    }
    renumber(&mut labels);
    for _ in 0..PASSES {
        let means = means(items, &labels);
        let next = smooth::assign(items, &means);
        let kept = |k: usize| next.contains(&k);
        // A pass that loses a speaker is not taken.
        if !(0..means.len()).all(kept) {
            break;
        }
        let settled = next == labels;
        labels = next;
        if settled {
            break;
        }
        renumber(&mut labels);
    }
    renumber(&mut labels);
    labels
}

/// The speaker who has most of a segment, or whose turn is nearest to it; none where there are no turns. `turns` as [`cluster`] gives them.
pub fn speaker_of(turns: &[Turn], segment: Segment) -> Option<usize> {
    // Turns are in order and do not overlap: only those from the last one that ends before the segment on matter.
    let first = turns.partition_point(|turn| turn.segment.end.0 <= segment.start.0).saturating_sub(1);
    let mut shares: Vec<f64> = Vec::new();
    let mut nearest: Option<(f64, usize)> = None;
    for turn in &turns[first..] {
        let shared = turn.segment.end.0.min(segment.end.0) - turn.segment.start.0.max(segment.start.0);
        if shared > 0.0 {
            shares.resize(shares.len().max(turn.speaker + 1), 0.0);
            shares[turn.speaker] += shared;
        }
        if nearest.is_none_or(|(best, _)| shared > best) {
            nearest = Some((shared, turn.speaker));
        }
        if turn.segment.start.0 > segment.end.0 {
            break;
        }
    }
    let most = (0..shares.len()).max_by(|&a, &b| shares[a].total_cmp(&shares[b]).then(b.cmp(&a)));
    most.or(nearest.map(|(_, speaker)| speaker))
}

/// Windows in the order of time, centred, as directions.
fn items(windows: &[SpeakerVector]) -> Vec<Item> {
    let mut order: Vec<&SpeakerVector> = windows.iter().collect();
    order.sort_by(|a, b| {
        a.segment.start.0.total_cmp(&b.segment.start.0).then(a.segment.end.0.total_cmp(&b.segment.end.0))
    });
    let pause = |at: usize| at == 0 || order[at].segment.start.0 - order[at - 1].segment.end.0 > APART;
    let middle = |at: usize| Seconds(0.5 * (order[at - 1].segment.end.0 + order[at].segment.start.0));
    let width = order.iter().map(|window| window.vector.len()).max().unwrap_or(0);
    let mut items: Vec<Item> = order
        .iter()
        .enumerate()
        .map(|(at, window)| {
            let start = if pause(at) { window.segment.start } else { middle(at) };
            let open = at + 1 == order.len() || pause(at + 1);
            let end = if open { window.segment.end } else { middle(at + 1) };
            let mut direction: Vec<f64> = window.vector.iter().map(|&x| f64::from(x)).collect();
            direction.resize(width, 0.0);
            Item { own: Segment { start, end }, after_pause: pause(at), vector: direction.clone(), direction }
        })
        .collect();
    let seconds: f64 = items.iter().map(Item::seconds).sum::<f64>().max(f64::MIN_POSITIVE);
    let mut mean = vec![0.0; width];
    for item in &items {
        let share = item.seconds() / seconds;
        mean.iter_mut().zip(&item.direction).for_each(|(mean, x)| *mean += share * x);
    }
    for item in &mut items {
        item.direction.iter_mut().zip(&mean).for_each(|(x, mean)| *x -= mean);
        normalise(&mut item.direction);
    }
    items
}

fn normalise(vector: &mut [f64]) {
    let length = vector.iter().map(|x| x * x).sum::<f64>().sqrt();
    if length > 1e-6 {
        vector.iter_mut().for_each(|x| *x /= length);
    } else {
        vector.fill(0.0);
    }
}

/// A cluster a window, gathered where they are many.
fn singles(items: &[Item]) -> Vec<Cluster> {
    let single = |(at, item): (usize, &Item)| Cluster {
        sum: item.direction.iter().map(|x| x * item.seconds()).collect(),
        seconds: item.seconds(),
        members: vec![at],
    };
    gather(items.iter().enumerate().map(single).collect())
}

/// Exactly `count` clusters: where merging goes through a state with so many of at least two seconds, the last such state, and what is smaller
/// is left to the passes that follow; else the state with so many in all.
fn exactly(start: Vec<Cluster>, count: usize) -> Vec<Cluster> {
    let large = |left: &[&Cluster]| left.iter().filter(|cluster| cluster.seconds >= LEAST_SECONDS).count();
    let mut at = None;
    merge(start.clone(), &mut |left, _| {
        if large(left) == count {
            at = Some(left.len());
        }
        left.len() <= count
    });
    let size = at.unwrap_or(count);
    let mut clusters = merge(start, &mut |left, _| left.len() <= size);
    if clusters.len() > count {
        // The largest stay; the rest joins the most similar of them.
        clusters.sort_by(|a, b| b.seconds.total_cmp(&a.seconds).then(a.members.cmp(&b.members)));
        let small = clusters.split_off(count);
        for cluster in small {
            let near = (0..count).max_by(|&a, &b| {
                let [a, b] = [a, b].map(|at| clusters[at].similarity(&cluster));
                a.total_cmp(&b)
            });
            if let Some(near) = near {
                clusters[near].absorb(cluster);
            }
        }
    }
    clusters
}

/// Mean directions, one a label; labels are 0…k−1.
fn means(items: &[Item], labels: &[usize]) -> Vec<Vec<f64>> {
    let mut means = sums(items, labels, |item| &item.direction);
    means.iter_mut().for_each(|mean| normalise(mean));
    means
}

/// Sums of a vector of each item weighted by its seconds, one a label; labels are 0…k−1.
pub(super) fn sums(items: &[Item], labels: &[usize], vector: impl Fn(&Item) -> &[f64]) -> Vec<Vec<f64>> {
    let count = labels.iter().max().map_or(0, |most| most + 1);
    let width = items.first().map_or(0, |item| vector(item).len());
    let mut sums = vec![vec![0.0; width]; count];
    for (item, &label) in items.iter().zip(labels) {
        let seconds = item.seconds();
        sums[label].iter_mut().zip(vector(item)).for_each(|(sum, x)| *sum += seconds * x);
    }
    sums
}

/// How long each speaker has spoken.
fn seconds(items: &[Item], labels: &[usize]) -> Vec<f64> {
    let mut seconds = vec![0.0; labels.iter().max().map_or(0, |most| most + 1)];
    items.iter().zip(labels).for_each(|(item, &label)| seconds[label] += item.seconds());
    seconds
}

/// Numbers labels by their first appearance.
fn renumber(labels: &mut [usize]) {
    let mut names: Vec<Option<usize>> = vec![None; labels.iter().max().map_or(0, |most| most + 1)];
    let mut next = 0;
    for label in labels {
        let name = names[*label].get_or_insert_with(|| {
            next += 1;
            next - 1
        });
        *label = *name;
    }
}

fn turns(items: &[Item], labels: &[usize]) -> Vec<Turn> {
    let mut turns: Vec<Turn> = Vec::new();
    for (item, &speaker) in items.iter().zip(labels) {
        match turns.last_mut() {
            Some(last) if last.speaker == speaker && !item.after_pause => last.segment.end = item.own.end,
            _ if item.seconds() > 0.0 => turns.push(Turn { segment: item.own, speaker }),
            _ => {}
        }
    }
    turns
}

#[cfg(test)]
mod tests;
