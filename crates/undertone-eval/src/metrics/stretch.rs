//! Labelled intervals of time, truth and prediction aligned: the basis of every figure over time.

/// Something that holds from `start` to `end`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stretch<T> {
    /// Seconds.
    pub start: f64,
    /// Seconds, exclusive; a stretch that does not end after its start holds nowhere.
    pub end: f64,
    /// What holds.
    pub what: T,
}

/// A piece of time in which nothing changes, on neither side.
pub(super) struct Piece<T> {
    pub start: f64,
    pub end: f64,
    /// All that holds in truth; twice where two stretches say the same.
    pub truth: Vec<T>,
    /// All that is predicted.
    pub predicted: Vec<T>,
}

impl<T> Piece<T> {
    pub(super) fn seconds(&self) -> f64 {
        self.end - self.start
    }
}

/// The pieces between all starts, ends and `cuts`, in order, without those in which nothing holds on either side.
pub(super) fn pieces<T: Copy + PartialEq>(
    truth: &[Stretch<T>],
    predicted: &[Stretch<T>],
    cuts: &[f64],
) -> Vec<Piece<T>> {
    let mut events: Vec<(f64, Event<T>)> = cuts.iter().map(|&at| (at, Event::Cut)).collect();
    for (stretches, side) in [(truth, Side::Truth), (predicted, Side::Predicted)] {
        for stretch in stretches.iter().filter(|stretch| stretch.end > stretch.start) {
            events.push((stretch.start, Event::Begins(side, stretch.what)));
            events.push((stretch.end, Event::Ends(side, stretch.what)));
        }
    }
    events.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut found, mut last) = (Vec::new(), f64::NEG_INFINITY);
    let mut active: [Vec<T>; 2] = [Vec::new(), Vec::new()];
    for (at, event) in events {
        let [truth, predicted] = &active;
        if at > last && !(truth.is_empty() && predicted.is_empty()) {
            found.push(Piece { start: last, end: at, truth: truth.clone(), predicted: predicted.clone() });
        }
        last = at;
        match event {
            Event::Cut => {}
            Event::Begins(side, what) => active[side as usize].push(what),
            Event::Ends(side, what) => {
                let side = &mut active[side as usize];
                if let Some(there) = side.iter().position(|other| *other == what) {
                    side.swap_remove(there);
                }
            }
        }
    }
    found
}

#[derive(Clone, Copy)]
enum Side {
    Truth,
    Predicted,
}

enum Event<T> {
    Cut,
    Begins(Side, T),
    Ends(Side, T),
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Stretches from a table.
    pub(crate) fn stretches<T: Copy>(rows: &[(f64, f64, T)]) -> Vec<Stretch<T>> {
        rows.iter().map(|&(start, end, what)| Stretch { start, end, what }).collect()
    }

    #[test]
    fn time_is_cut_wherever_something_changes_and_empty_time_is_left_out() {
        let truth = stretches(&[(0.0, 2.0, 'a'), (1.0, 3.0, 'b'), (5.0, 6.0, 'a'), (4.0, 4.0, 'x')]);
        let predicted = stretches(&[(0.5, 1.0, 'a')]);
        let got: Vec<(f64, f64, usize, usize)> = pieces(&truth, &predicted, &[2.5, 4.5])
            .iter()
            .map(|piece| (piece.start, piece.end, piece.truth.len(), piece.predicted.len()))
            .collect();
        let want = [
            (0.0, 0.5, 1, 0),
            (0.5, 1.0, 1, 1),
            (1.0, 2.0, 2, 0),
            (2.0, 2.5, 1, 0),
            (2.5, 3.0, 1, 0),
            (5.0, 6.0, 1, 0),
        ];
        assert_eq!(got, want);
        assert!(pieces::<char>(&[], &[], &[1.0, 2.0]).is_empty());
    }
}
