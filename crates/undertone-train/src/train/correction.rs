//! A linear correction of a model's logits, fitted to few labelled clips: multinomial regression whose penalty draws it towards none.

use faer::{Mat, Side};
use undertone::{Error, ErrorKind, Result};

/// Steps of the descent for each strength.
const STEPS: usize = 150;
/// Steps of the power iteration that finds its rate.
const POWER_STEPS: usize = 20;
/// Added to the diagonal of what is decomposed, as a share of its mean.
const JITTER: f64 = 1e-8;

/// A clip as the model answers it.
#[derive(Clone, Debug)]
pub struct Example {
    /// Its embedding, standardised by what is known of its speaker.
    pub embedding: Vec<f32>,
    /// The model's logits.
    pub logits: Vec<f32>,
    /// What they are divided by.
    pub temperature: f32,
    /// Its class, by the model's order.
    pub class: usize,
}

/// What is added to the logits: `embedding · weight + bias`.
#[derive(Clone, Debug, PartialEq)]
pub struct Correction {
    /// A row for each value of the embedding, a column for each class.
    pub weight: Mat<f64>,
    /// One value a class.
    pub bias: Vec<f64>,
}

impl Correction {
    /// One for each strength of the penalty, each from the one before; classes that no example has are left as they are. Classes count
    /// the same, however many examples they have.
    ///
    /// # Errors
    /// `Config` where there are no examples, or their embeddings are not finite.
    pub fn path(examples: &[&Example], strengths: &[f64]) -> Result<Vec<Correction>> {
        let Some(first) = examples.first() else {
            return Err(Error::new(ErrorKind::Config, "there are no clips to learn from"));
        };
        let (width, classes) = (first.embedding.len(), first.logits.len());
        let rows = Mat::from_fn(examples.len(), width + 1, |row, at| scaled(&examples[row].embedding, at));
        // What is learned is a sum of rows: in the space they span it is as long, and has fewer values.
        let spanned = if rows.nrows() <= width { Some(Spanned::of(&rows)?) } else { None };
        let problem = Problem::of(examples, spanned.as_ref().map_or(&rows, |spanned| &spanned.rows));
        let mut learned = Mat::zeros(problem.rows.ncols(), classes);
        let mut path = Vec::with_capacity(strengths.len());
        for &strength in strengths {
            learned = problem.descend(learned, strength);
            let whole = match &spanned {
                Some(spanned) => rows.transpose() * spanned.of_rows(&learned),
                None => learned.clone(),
            };
            path.push(Correction {
                weight: Mat::from_fn(width, classes, |at, class| whole[(at, class)] / scale(width)),
                bias: (0..classes).map(|class| whole[(width, class)]).collect(),
            });
        }
        Ok(path)
    }

    /// The corrected logits.
    pub fn of(&self, example: &Example) -> Vec<f64> {
        let logit = |class: usize| {
            let sum: f64 = example
                .embedding
                .iter()
                .enumerate()
                .map(|(at, &x)| f64::from(x) * self.weight[(at, class)])
                .sum();
            f64::from(example.logits[class]) + self.bias[class] + sum
        };
        (0..self.bias.len()).map(logit).collect()
    }
}

/// Mean negative log-likelihood of the examples' classes among those `known`, each class counting the same; by the model itself where
/// there is no correction.
pub fn loss(correction: Option<&Correction>, examples: &[&Example], known: &[bool]) -> f64 {
    let weights = weights(examples);
    let of = |(example, weight): (&&Example, f64)| {
        let logits = match correction {
            Some(correction) => correction.of(example),
            None => example.logits.iter().map(|&logit| f64::from(logit)).collect(),
        };
        -weight * posterior(&logits, example.temperature, known)[example.class].max(1e-12).ln()
    };
    examples.iter().zip(weights).map(of).sum()
}

/// Which classes the examples have.
pub fn present(examples: &[&Example]) -> Vec<bool> {
    let classes = examples.first().map_or(0, |example| example.logits.len());
    (0..classes).map(|class| examples.iter().any(|example| example.class == class)).collect()
}

/// Embeddings are about as long as they have values: scaled, they have about length 1, whatever the model.
fn scale(width: usize) -> f64 {
    (width as f64).sqrt()
}

/// A value of a scaled embedding; the last is the bias's.
fn scaled(embedding: &[f32], at: usize) -> f64 {
    embedding.get(at).map_or(1.0, |&x| f64::from(x) / scale(embedding.len()))
}

/// Each example's share: classes count the same.
fn weights(examples: &[&Example]) -> Vec<f64> {
    let classes = present(examples).iter().filter(|present| **present).count().max(1);
    let count = |class: usize| examples.iter().filter(|example| example.class == class).count();
    examples.iter().map(|example| 1.0 / (classes * count(example.class)) as f64).collect()
}

fn posterior(logits: &[f64], temperature: f32, known: &[bool]) -> Vec<f64> {
    let scaled = |class: usize| logits[class] / f64::from(temperature);
    let most = (0..logits.len()).filter(|&class| known[class]).map(scaled).fold(f64::NEG_INFINITY, f64::max);
    let mut shares: Vec<f64> = (0..logits.len())
        .map(|class| if known[class] { (scaled(class) - most).exp() } else { 0.0 })
        .collect();
    let sum: f64 = shares.iter().sum();
    shares.iter_mut().for_each(|share| *share /= sum);
    shares
}

/// Rows in the space that they span: products of two rows stay what they are.
struct Spanned {
    rows: Mat<f64>,
}

impl Spanned {
    fn of(rows: &Mat<f64>) -> Result<Spanned> {
        let mut gram = rows * rows.transpose();
        let jitter = JITTER * (0..gram.nrows()).map(|at| gram[(at, at)]).sum::<f64>() / gram.nrows() as f64;
        (0..gram.nrows()).for_each(|at| gram[(at, at)] += jitter);
        let decomposed = gram.llt(Side::Lower).map_err(|_| {
            Error::new(ErrorKind::Config, "the clips' embeddings are not finite, or all of them are the same")
        })?;
        Ok(Spanned { rows: decomposed.L().to_owned() })
    }

    /// What is learned in that space as a sum of rows: how much of each.
    fn of_rows(&self, learned: &Mat<f64>) -> Mat<f64> {
        let mut solved = learned.clone();
        // L is lower triangular: Lᵀ · solved = learned, from the last row.
        for column in 0..solved.ncols() {
            for row in (0..solved.nrows()).rev() {
                let below: f64 = (row + 1..solved.nrows())
                    .map(|next| self.rows[(next, row)] * solved[(next, column)])
                    .sum();
                solved[(row, column)] = (solved[(row, column)] - below) / self.rows[(row, row)];
            }
        }
        solved
    }
}

/// What is minimised.
struct Problem<'a> {
    examples: &'a [&'a Example],
    rows: &'a Mat<f64>,
    weights: Vec<f64>,
    known: Vec<bool>,
    /// The largest curvature of the loss.
    curvature: f64,
}

impl<'a> Problem<'a> {
    fn of(examples: &'a [&'a Example], rows: &'a Mat<f64>) -> Problem<'a> {
        let weights = weights(examples);
        let share = |row: usize| weights[row] / f64::from(examples[row].temperature).powi(2);
        let mut vector = Mat::from_fn(rows.ncols(), 1, |_, _| 1.0 / (rows.ncols() as f64).sqrt());
        let mut most = 0.0;
        for _ in 0..POWER_STEPS {
            let mut there = rows * &vector;
            (0..there.nrows()).for_each(|row| there[(row, 0)] *= share(row));
            vector = rows.transpose() * there;
            most = vector.norm_l2();
            vector = Mat::from_fn(vector.nrows(), 1, |row, _| vector[(row, 0)] / most.max(f64::MIN_POSITIVE));
        }
        // The iteration approaches the largest value from below.
        Problem { examples, rows, weights, known: present(examples), curvature: 0.6 * most }
    }

    /// Accelerated gradient descent (Nesterov 1983), begun anew where it goes uphill (O'Donoghue & Candès 2015).
    fn descend(&self, from: Mat<f64>, strength: f64) -> Mat<f64> {
        let rate = 1.0 / (self.curvature + strength);
        let (mut at, mut ahead, mut momentum) = (from.clone(), from, 1.0f64);
        for _ in 0..STEPS {
            let gradient = self.gradient(&ahead, strength);
            let next = &ahead - faer::Scale(rate) * &gradient;
            let step = &next - &at;
            let uphill = (0..step.ncols())
                .map(|column| {
                    (0..step.nrows()).map(|row| gradient[(row, column)] * step[(row, column)]).sum::<f64>()
                })
                .sum::<f64>();
            let more = 0.5 * (1.0 + (1.0 + 4.0 * momentum * momentum).sqrt());
            let push = if uphill > 0.0 { 0.0 } else { (momentum - 1.0) / more };
            momentum = if uphill > 0.0 { 1.0 } else { more };
            ahead = &next + faer::Scale(push) * &step;
            at = next;
        }
        at
    }

    fn gradient(&self, at: &Mat<f64>, strength: f64) -> Mat<f64> {
        let mut errors = self.rows * at;
        for (row, example) in self.examples.iter().enumerate() {
            let logits: Vec<f64> = example
                .logits
                .iter()
                .enumerate()
                .map(|(class, &x)| f64::from(x) + errors[(row, class)])
                .collect();
            let posterior = posterior(&logits, example.temperature, &self.known);
            for (class, p) in posterior.into_iter().enumerate() {
                let truth = f64::from(u8::from(class == example.class));
                errors[(row, class)] = self.weights[row] * (p - truth) / f64::from(example.temperature);
            }
        }
        self.rows.transpose() * errors + faer::Scale(strength) * at
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Two classes along the first value; the model knows nothing of it, and a third class that none has.
    fn examples(count: usize, width: usize) -> Vec<Example> {
        let of = |at: usize| {
            let class = at % 2;
            let noise = |i: usize| ((at * 31 + i * 17) as f32).sin();
            let side = if class == 0 { 2.0 } else { -2.0 };
            let embedding = (0..width).map(|i| if i == 0 { side + noise(0) } else { noise(i) }).collect();
            Example { embedding, logits: vec![0.0, 0.0, 1.0], temperature: 1.5, class }
        };
        (0..count).map(of).collect()
    }

    #[test]
    fn what_the_model_misses_is_learned_from_few_clips_and_from_many() {
        for (count, width) in [(20, 64), (200, 8)] {
            let examples = examples(count, width);
            let examples: Vec<&Example> = examples.iter().collect();
            let path = Correction::path(&examples, &[1.0, 0.01]).unwrap();
            let known = present(&examples);
            let [none, strong, weak] =
                [None, Some(&path[0]), Some(&path[1])].map(|correction| loss(correction, &examples, &known));
            assert!(
                (none - 2f64.ln()).abs() < 1e-9 && none > strong && strong > weak && weak < 0.3,
                "{none} {strong} {weak}"
            );
            assert!(path[1].bias[2].abs() < 1e-12, "a class that no clip has stays as it is");
            assert!((0..width).all(|at| path[1].weight[(at, 2)].abs() < 1e-12));
        }
    }

    #[test]
    fn the_span_of_the_rows_gives_what_all_values_give() {
        let examples = examples(24, 23);
        let [few, all] = [24, 23].map(|width| {
            // A value that is always 0 changes nothing but the number of values; the scale is made up for.
            let longer = |example: &Example| {
                let by = (width as f32 / 23.0).sqrt();
                let embedding =
                    (0..width).map(|at| example.embedding.get(at).map_or(0.0, |x| x * by)).collect();
                Example { embedding, ..example.clone() }
            };
            let examples: Vec<Example> = examples.iter().map(longer).collect();
            let examples: Vec<&Example> = examples.iter().collect();
            let correction = Correction::path(&examples, &[0.1]).unwrap().remove(0);
            examples.iter().flat_map(|example| correction.of(example)).collect::<Vec<_>>()
        });
        for (a, b) in few.iter().zip(&all) {
            assert!((a - b).abs() < 1e-3, "{a} {b}");
        }
    }

    #[test]
    fn no_clips_and_embeddings_that_are_no_numbers_are_refused() {
        assert!(Correction::path(&[], &[1.0]).is_err());
        let mut wrong = examples(4, 8);
        wrong[0].embedding[0] = f32::NAN;
        assert!(Correction::path(&wrong.iter().collect::<Vec<_>>(), &[1.0]).is_err());
    }
}
