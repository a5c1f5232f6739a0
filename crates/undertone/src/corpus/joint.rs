//! Joint folds: the speakers of several protocols held out together, so that one training serves them all.
//!
//! Joint fold *k* (1…6) holds out the test speakers of fold *k* of EmoBox's RAVDESS folds (their songs too), of EmoBox's SAVEE
//! folds (*k* ≤ 4), of EMO-SUPERB's CREMA-D blocks (*k* ≤ 5) and of TESS (*k* ≤ 2). To choose anything, the speakers of fold
//! *k* + 1 (cyclic) are held out as well; TESS has none to spare.

use std::collections::BTreeSet;

use super::protocol::{Protocol, Rule};
use crate::error::{Error, Result};

/// How many joint folds there are.
pub const FOLDS: usize = 6;
/// The protocols that are held out together.
pub const PROTOCOLS: [&str; 4] = ["emobox-ravdess", "emobox-savee", "emosuperb-cremad", "loso-tess"];

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
        let (mut test, mut dev) = (BTreeSet::new(), BTreeSet::new());
        for name in PROTOCOLS {
            let protocol = Protocol::known(name)?;
            let speakers = |rule: &Rule| rule.test.iter().map(|name| protocol.key(name)).collect::<Vec<_>>();
            test.extend(protocol.rule(number).map(speakers).unwrap_or_default());
            // Of two folds the second is all there is to learn from.
            if protocol.folds.len() > 2 {
                dev.extend(protocol.rule(number % FOLDS + 1).map(speakers).unwrap_or_default());
            }
        }
        Ok(JointFold { number, test, dev })
    }
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
        let sixth = JointFold::new(6).unwrap();
        assert_eq!((sixth.test.len(), sixth.dev.len()), (4, 4 + 1 + 18));
        assert!(sixth.dev.contains("cremad/1001") && sixth.dev.contains("savee/JE"));
        assert!(JointFold::new(0).is_err() && JointFold::new(7).is_err());
    }
}
