//! A model file with a correction of its logits; what it hears and all that leads to `pooled` stay.

use undertone::model::Metadata;

use super::ModelFile;
use super::graph::Builder;
use crate::train::correction::Correction;

impl ModelFile {
    /// The file with `(pooled − speaker_mean) / speaker_scale · weight + bias` added to its logits.
    #[must_use]
    pub fn corrected(&self, correction: &Correction) -> ModelFile {
        let mut file = self.clone();
        let Metadata { pooled, classes, .. } = file.metadata().clone();
        let mut graph = std::mem::take(file.graph_mut());
        let name = std::mem::take(&mut graph.name);
        let before = format!("logits_{}", graph.node.len());
        for node in &mut graph.node {
            let values = node.input.iter_mut().chain(&mut node.output);
            values.filter(|value| *value == "logits").for_each(|value| value.clone_from(&before));
        }
        let weight: Vec<f32> = (0..pooled)
            .flat_map(|row| (0..classes.len()).map(move |class| (row, class)))
            .map(|at| correction.weight[at] as f32)
            .collect();
        let bias: Vec<f32> = correction.bias.iter().map(|&x| x as f32).collect();
        let mut graph = Builder::over(graph);
        let [pooled_value, mean, scale] = ["pooled", "speaker_mean", "speaker_scale"].map(String::from);
        let centred = graph.node("Sub", &[&pooled_value, &mean], Vec::new());
        let standard = graph.node("Div", &[&centred, &scale], Vec::new());
        let weight = graph.constant(&[pooled, classes.len()], &weight);
        let bias = graph.constant(&[classes.len()], &bias);
        let shift = graph.node("Gemm", &[&standard, &weight, &bias], Vec::new());
        graph.named("logits", "Add", &[&before, &shift], Vec::new());
        *file.graph_mut() = graph.finish(&name);
        file
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use faer::Mat;
    use undertone::model::{Adaptation, Model};

    #[test]
    fn logits_move_by_the_correction_and_the_embedding_space_stays() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../undertone-models/models/default.onnx");
        let file = ModelFile::from_bytes(std::fs::read(path).unwrap()).unwrap();
        let Metadata { pooled, classes, embedding_space, .. } = file.metadata().clone();
        let correction = Correction {
            weight: Mat::from_fn(pooled, classes.len(), |row, class| ((row * 3 + class * 7) as f64).sin()),
            bias: (0..classes.len()).map(|class| class as f64).collect(),
        };
        // Twice: a corrected file can be corrected again.
        let once = file.corrected(&correction);
        let models = [&file, &once, &once.corrected(&correction)]
            .map(|file| Model::from_bytes(file.to_bytes().unwrap()).unwrap());
        assert!(models.iter().all(|model| model.metadata().embedding_space == embedding_space));
        let heard: Vec<f32> = (0..pooled).map(|at| (at as f32).cos()).collect();
        let speaker = Adaptation { mean: vec![0.25; pooled], scale: vec![2.0; pooled], weight: 0.5 };
        let [before, once, twice] =
            models.map(|model| model.answer(std::slice::from_ref(&heard), &[&speaker]).unwrap().remove(0));
        for class in 0..classes.len() {
            let shift: f64 = (0..pooled)
                .map(|at| f64::from((heard[at] - 0.25) / 2.0) * correction.weight[(at, class)])
                .sum::<f64>()
                + class as f64;
            for (times, got) in [(1.0, &once), (2.0, &twice)] {
                let moved = f64::from(got.logits[class] - before.logits[class]);
                assert!(
                    (moved - times * shift).abs() < 1e-2,
                    "class {class}: {moved}, expected {times} × {shift}"
                );
            }
        }
        assert_eq!(before.intensity, twice.intensity);
    }
}
