//! Agglomerative clustering with average linkage over directions, in memory that is bounded whatever the number of windows.
//!
//! The similarity of two clusters is the mean cosine over all pairs of their members, `(S_a · S_b) / (w_a · w_b)` with `S` the sum of a cluster's unit
//! vectors weighted by time and `w` their time: sums are all that is kept. What comes as more than [`BLOCK`] items is first
//! gathered block by block, in the order of time, into fewer clusters; 10 hours become about a thousand.

/// Most items that are compared pair by pair.
const BLOCK: usize = 1200;
/// Fewest clusters that a block is gathered into, so that no speaker is lost in another.
const FEWEST: usize = 16;

/// A cluster: its members' sum and time.
#[derive(Clone, Debug)]
pub(super) struct Cluster {
    pub sum: Vec<f64>,
    pub seconds: f64,
    pub members: Vec<usize>,
}

impl Cluster {
    pub(super) fn similarity(&self, other: &Cluster) -> f64 {
        let product: f64 = self.sum.iter().zip(&other.sum).map(|(a, b)| a * b).sum();
        product / (self.seconds * other.seconds).max(f64::MIN_POSITIVE)
    }

    pub(super) fn absorb(&mut self, other: Cluster) {
        self.sum.iter_mut().zip(&other.sum).for_each(|(a, b)| *a += b);
        self.seconds += other.seconds;
        self.members.extend(other.members);
    }
}

/// Gathers items, in the order of time, until at most [`BLOCK`] are left.
pub(super) fn gather(mut clusters: Vec<Cluster>) -> Vec<Cluster> {
    while clusters.len() > BLOCK {
        let blocks = clusters.len().div_ceil(BLOCK);
        let target = (BLOCK / blocks).max(FEWEST);
        let mut fewer = Vec::with_capacity(blocks * target);
        let mut rest = clusters.into_iter();
        loop {
            let block: Vec<Cluster> = rest.by_ref().take(BLOCK).collect();
            if block.is_empty() {
                break;
            }
            fewer.extend(merge(block, &mut |left, _| left.len() <= target));
        }
        clusters = fewer;
    }
    clusters
}

/// Merges the most similar two again and again; `stop` sees what is left, in the order of their first items, and the similarity of the
/// next two.
pub(super) fn merge(clusters: Vec<Cluster>, stop: &mut dyn FnMut(&[&Cluster], f64) -> bool) -> Vec<Cluster> {
    let count = clusters.len();
    let mut left: Vec<Option<Cluster>> = clusters.into_iter().map(Some).collect();
    // For each item the most similar later one.
    let mut best: Vec<(f64, usize)> = (0..count).map(|at| nearest(&left, at)).collect();
    loop {
        let mut top = (f64::NEG_INFINITY, 0);
        for (at, &(similarity, _)) in best.iter().enumerate() {
            if left[at].is_some() && similarity > top.0 {
                top = (similarity, at);
            }
        }
        let (similarity, at) = top;
        let now: Vec<&Cluster> = left.iter().flatten().collect();
        if now.len() < 2 || stop(&now, similarity) {
            break;
        }
        let other = best[at].1;
        if let Some(gone) = left[other].take()
            && let Some(stays) = left[at].as_mut()
        {
            stays.absorb(gone);
        }
        for row in 0..=other {
            if left[row].is_none() {
                continue;
            }
            if row == at || best[row].1 == at || best[row].1 == other {
                best[row] = nearest(&left, row);
            } else if row < at
                && let (Some(one), Some(two)) = (&left[row], &left[at])
            {
                let similarity = one.similarity(two);
                if similarity > best[row].0 {
                    best[row] = (similarity, at);
                }
            }
        }
    }
    left.into_iter().flatten().collect()
}

fn nearest(left: &[Option<Cluster>], at: usize) -> (f64, usize) {
    let mut best = (f64::NEG_INFINITY, at);
    let Some(own) = &left[at] else { return best };
    for (other, cluster) in left.iter().enumerate().skip(at + 1) {
        if let Some(cluster) = cluster {
            let similarity = own.similarity(cluster);
            if similarity > best.0 {
                best = (similarity, other);
            }
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(at: usize, angle: f64) -> Cluster {
        Cluster { sum: vec![angle.cos(), angle.sin()], seconds: 1.0, members: vec![at] }
    }

    /// Average linkage by its definition: the two clusters with the largest mean cosine over pairs, merged until `count` are left.
    fn literal(angles: &[f64], count: usize) -> Vec<Vec<usize>> {
        let mut clusters: Vec<Vec<usize>> = (0..angles.len()).map(|at| vec![at]).collect();
        while clusters.len() > count {
            let mut best = (f64::NEG_INFINITY, 0, 0);
            for a in 0..clusters.len() {
                for b in a + 1..clusters.len() {
                    let pairs = clusters[a].iter().flat_map(|&i| clusters[b].iter().map(move |&j| (i, j)));
                    let sum: f64 = pairs.map(|(i, j)| (angles[i] - angles[j]).cos()).sum();
                    let mean = sum / (clusters[a].len() * clusters[b].len()) as f64;
                    if mean > best.0 {
                        best = (mean, a, b);
                    }
                }
            }
            let gone = clusters.remove(best.2);
            clusters[best.1].extend(gone);
        }
        clusters.iter_mut().for_each(|cluster| cluster.sort_unstable());
        clusters
    }

    #[test]
    fn merging_equals_average_linkage_by_its_definition() {
        let angles: Vec<f64> = (0..40).map(|i| ((i * i * 37 % 101) as f64) * 0.061).collect();
        let items = angles.iter().enumerate().map(|(at, &angle)| item(at, angle)).collect();
        let merged = merge(items, &mut |left, _| left.len() <= 5);
        let got: Vec<Vec<usize>> = merged
            .into_iter()
            .map(|mut cluster| {
                cluster.members.sort_unstable();
                cluster.members
            })
            .collect();
        assert_eq!(got, literal(&angles, 5));
    }

    #[test]
    fn many_items_are_gathered_and_none_is_lost() {
        let items = (0..5000).map(|at| item(at, (at % 2) as f64 * 3.0 + (at % 7) as f64 * 0.01)).collect();
        let gathered = gather(items);
        assert!(gathered.len() <= BLOCK);
        let mut members: Vec<usize> = gathered.iter().flat_map(|cluster| cluster.members.clone()).collect();
        members.sort_unstable();
        assert_eq!(members, (0..5000).collect::<Vec<usize>>());
        let mixed = |cluster: &Cluster| cluster.members.iter().any(|at| at % 2 != cluster.members[0] % 2);
        assert!(!gathered.iter().any(mixed), "far apart, yet together");
    }
}
