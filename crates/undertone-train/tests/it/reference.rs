//! Reference systems: every fold's test clips once, clean and corrupted.

use undertone_eval::augment::Corruption;
use undertone_eval::corpus::Corpus;
use undertone_eval::predict;
use undertone_eval::protocol::Protocol;
use undertone_train::data::setup::Setup;
use undertone_train::reference::Reference;

#[test]
fn simple_systems_are_measured_on_clean_and_on_corrupted_clips() {
    let folder = tempfile::tempdir().unwrap();
    let corpora = [Corpus::from_manifest(&crate::training::corpus(folder.path())).unwrap()];
    let text = "title = 'tones'\ncorpus = 'tones'\nclips = 24\n\
                [[folds]]\ntest = ['s0']\n[[folds]]\ntest = ['s1']\n[[folds]]\ntest = ['s2']\n";
    std::fs::write(folder.path().join("loso.toml"), text).unwrap();
    let out = folder.path().join("out");
    let reference = Reference {
        setup: Setup { corpora: &corpora, teacher: None, folder: &out, cache: &out },
        protocol: &Protocol::open(&folder.path().join("loso.toml")).unwrap(),
        corruptions: &[Corruption::White(-20.0), Corruption::MuLaw],
    };
    let found = reference.run().unwrap();
    let uar = |name: &str| found.iter().find(|one| one.name == name).unwrap().uar_of_folds;
    assert!(uar("loso.log-mel-linear.unadapted") > 0.9, "high and low tones are recognised");
    let read = |name: &str| {
        predict::read(std::fs::File::open(folder.path().join("out").join(name)).unwrap()).unwrap()
    };
    let clean = read("loso.log-mel-linear.unadapted.csv");
    for corruption in ["white--20", "g711"] {
        let rows = read(&format!("loso.log-mel-linear.unadapted.{corruption}.csv"));
        let clips =
            |rows: &[predict::Prediction]| rows.iter().map(|row| row.clip.clone()).collect::<Vec<_>>();
        assert_eq!(clips(&rows), clips(&clean));
        assert!(
            rows.iter().zip(&clean).any(|(a, b)| (a.posterior[2] - b.posterior[2]).abs() > 0.01),
            "{corruption}"
        );
    }
}
