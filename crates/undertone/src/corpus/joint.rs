//! Joint folds: the speakers of several protocols held out together, so that one training serves them all.
//!
//! Joint fold *k* (1…6) holds out the test speakers of fold *k* of EmoBox's RAVDESS folds (their songs too), of EmoBox's SAVEE
//! folds (*k* ≤ 4), of EMO-SUPERB's CREMA-D blocks (*k* ≤ 5) and of TESS (*k* ≤ 2). To choose anything, the speakers of fold
//! *k* + 1 (cyclic) are held out as well; TESS has none to spare.

use std::collections::BTreeSet;

use crate::error::{Error, Result};

/// EmoBox (Ma et al. 2024): four actors a fold.
const RAVDESS: [[&str; 4]; 6] = [
    ["01", "11", "20", "21"],
    ["04", "10", "12", "14"],
    ["08", "09", "19", "23"],
    ["03", "05", "07", "24"],
    ["02", "15", "16", "18"],
    ["06", "13", "17", "22"],
];
/// EmoBox: one man a fold.
const SAVEE: [&str; 4] = ["JE", "KL", "DC", "JK"];
/// EMO-SUPERB (Wu et al. 2024): blocks of actors in order; first and last of each.
const CREMAD: [(u32, u32); 5] = [(1001, 1018), (1019, 1036), (1037, 1054), (1055, 1072), (1073, 1091)];
/// One woman a fold.
const TESS: [&str; 2] = ["OAF", "YAF"];
/// How many joint folds there are.
pub const FOLDS: usize = 6;

/// Who is held out in one joint fold.
#[derive(Clone, Debug, PartialEq)]
pub struct JointFold {
    /// Its number, 1…6.
    pub number: usize,
    /// Speaker keys that are scored once, at the end.
    pub test: BTreeSet<String>,
    /// Speaker keys on which choices are made.
    pub dev: BTreeSet<String>,
}

impl JointFold {
    /// Joint fold `number`, 1…6.
    ///
    /// # Errors
    /// `Config` for other numbers.
    pub fn new(number: usize) -> Result<JointFold> {
        if !(1..=FOLDS).contains(&number) {
            return Err(Error::config(format!("there is no joint fold {number}; there are 1 to {FOLDS}")));
        }
        let test = speakers(number);
        let mut dev = speakers(number % FOLDS + 1);
        dev.retain(|speaker| !speaker.starts_with("tess/") && !test.contains(speaker));
        Ok(JointFold { number, test, dev })
    }
}

fn speakers(fold: usize) -> BTreeSet<String> {
    let at = fold - 1;
    let ravdess = RAVDESS[at].iter().map(|actor| format!("ravdess/{actor}"));
    let savee = SAVEE.get(at).map(|man| format!("savee/{man}"));
    let cremad = CREMAD.get(at).into_iter().flat_map(|&(first, last)| first..=last);
    let tess = TESS.get(at).map(|woman| format!("tess/{woman}"));
    ravdess.chain(savee).chain(cremad.map(|actor| format!("cremad/{actor}"))).chain(tess).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_speaker_is_tested_once_and_never_chosen_on_in_the_same_fold() {
        let mut tested = BTreeSet::new();
        for number in 1..=FOLDS {
            let fold = JointFold::new(number).unwrap();
            assert!(fold.test.is_disjoint(&fold.dev), "fold {number}");
            assert!(fold.dev.iter().all(|speaker| !speaker.starts_with("tess/")));
            for speaker in fold.test {
                assert!(tested.insert(speaker.clone()), "{speaker} twice");
            }
        }
        assert_eq!(tested.len(), 24 + 4 + 91 + 2);
        assert!(JointFold::new(0).is_err() && JointFold::new(7).is_err());
    }
}
