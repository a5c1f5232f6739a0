//! The training, top to bottom: one loop, one network, two heads.

use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::Scope;
use std::time::Instant;

use burn::grad_clipping::GradientClippingConfig;
use burn::optim::{AdamWConfig, GradientsParams};
use burn::prelude::*;
use serde::{Deserialize, Serialize};
use undertone::{Error, ErrorKind, Result};

use crate::average;
use crate::checkpoint::Checkpoints;
use crate::config::Config;
use crate::draw::Draw;
use crate::memory::{Enrolment, Memory};
use crate::network::Network;
use crate::score::values;

/// One epoch's means.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Epoch {
    /// Cross-entropy of the unadapted head.
    pub loss: f64,
    /// Cross-entropy of the speaker head.
    pub speaker: f64,
    /// Mean squared distance to the teacher.
    pub distillation: f64,
    /// Mean squared error of intensity.
    pub intensity: f64,
    /// Seconds it took.
    pub seconds: f64,
    /// Mean UAR on held-out speakers, where they were scored.
    pub dev: Option<[f64; 2]>,
}

/// What the loop tells while it runs.
pub trait Watch {
    /// After every step: epochs done, steps done and steps in this epoch, the running mean loss.
    fn step(&mut self, epoch: usize, step: usize, steps: usize, loss: f64);
    /// After every epoch; may score the averaged network on held-out speakers.
    fn epoch(&mut self, number: usize, epoch: &mut Epoch, average: &Network);
    /// After an epoch's checkpoint: everything so far.
    fn saved(&mut self, epochs: &[Epoch]);
}

/// Trains a network on what `draw` gives, resuming from the newest checkpoint; gives the averaged network.
///
/// # Errors
/// `Config` where the loss stops being a number; what writing checkpoints answers.
pub fn train(
    config: &Config,
    draw: &Draw,
    checkpoints: &Checkpoints,
    watch: &mut dyn Watch,
) -> Result<Network> {
    let device = Device::flex().autodiff();
    device.seed(config.seed);
    let teacher = (draw.material.teacher_width > 0).then_some(draw.material.teacher_width);
    let network = config.front_end.network(&config.size, teacher, &device)?;
    let slow = config.front_end.network(&config.size, teacher, &Device::flex())?;
    let slow = average::follow(slow, &network, 0.0);
    let mut memory = Memory::new(draw.clips, config.size.pooled());
    let resumed = checkpoints.load(network, slow, &mut memory)?;
    let (mut network, mut slow, mut epochs) = (resumed.network, resumed.average, resumed.epochs);
    let clip = GradientClippingConfig::Norm(config.clip_gradient);
    let adam = AdamWConfig::new().with_weight_decay(config.weight_decay).with_epsilon(1e-8);
    let mut optimizer = adam.with_grad_clipping(Some(clip)).init();
    if let Some(bytes) = resumed.optimizer {
        let broken = |error: burn::store::RecordError| Error::new(ErrorKind::Malformed, error.to_string());
        optimizer = optimizer.from_bytes(burn::tensor::Bytes::from_bytes_vec(bytes)).map_err(broken)?;
    }
    let steps = (draw.clips.len() / config.minibatch).max(1);
    std::thread::scope(|scope| {
        for epoch in epochs.len()..config.epochs {
            // Everything random in an epoch follows from its number, so that a resumed training is the same one.
            let seed = config.seed ^ (epoch as u64 + 1) << 32;
            device.seed(seed);
            let (begin, mut sums) = (Instant::now(), Epoch::default());
            let offset = memory.neutral_offset();
            let on = device.clone();
            let minibatches = ahead(scope, steps, move |step| draw.minibatch(seed + step as u64, &on));
            for (step, minibatch) in minibatches.into_iter().enumerate() {
                let done = epoch * steps + step;
                let features = network.trunk(minibatch.input.clone().views(network.bank.as_ref()));
                let pooled = network.pool(features.clone());
                let rows = values(pooled.clone().detach());
                follow_population(&network, &pooled, if done < 50 { 0.2 } else { 0.01 });
                if !minibatch.mixed {
                    memory.keep(&minibatch.clips, &rows);
                }
                let out = network.unadapted(pooled.clone());
                let [main, intensity] = minibatch.targets.losses(&out);
                let mut loss = main.clone() + intensity.clone() * config.intensity;
                sums.loss += f64::from(scalar(&main));
                sums.intensity += f64::from(scalar(&intensity));
                if !minibatch.mixed && done > steps / 2 {
                    // What is remembered is of several ages: its spread tells nothing yet, and the scale stays the population's.
                    let population = network.population();
                    let enrolment = Enrolment { offset: &offset, kappa: config.kappa, kappa_scale: None };
                    let speakers =
                        memory.baselines(&minibatch.clips, &population, enrolment, seed + step as u64);
                    let out = network.adapted(pooled, &speakers);
                    let [extra, intensity] = minibatch.targets.losses(&out);
                    sums.speaker += f64::from(scalar(&extra));
                    loss = loss + (extra + intensity * config.intensity) * config.speaker;
                }
                if let (Some(teacher), Some(head)) = (minibatch.teacher, &network.distil) {
                    let distance = teacher.distance(head, features);
                    sums.distillation += f64::from(scalar(&distance));
                    loss = loss + distance * config.distillation;
                }
                let value = scalar(&loss);
                if !value.is_finite() {
                    let message =
                        format!("the loss is {value} in epoch {}: lower the learning rate", epoch + 1);
                    return Err(Error::new(ErrorKind::Config, message));
                }
                let gradients = GradientsParams::from_grads(loss.backward(), &network);
                network = optimizer.step(learning_rate(config, done, steps), network, gradients);
                let keep = config.average.min(done as f64 / (done as f64 + 50.0));
                slow = average::follow(slow, &network, keep);
                watch.step(epoch, step + 1, steps, sums.loss / (step + 1) as f64);
            }
            let mut mean = sums.over(steps, config.mixup);
            mean.seconds = begin.elapsed().as_secs_f64();
            watch.epoch(epoch + 1, &mut mean, &slow);
            epochs.push(mean);
            let state = optimizer.into_bytes().map_err(|e| Error::new(ErrorKind::Io, e.to_string()))?;
            checkpoints.save(&network, &slow, &state, &memory, &epochs)?;
            watch.saved(&epochs);
        }
        Ok(slow)
    })
}

/// Makes one thing for each of `0..n` on a thread of its own, so that the next one is ready when it is asked for; ends early where
/// nobody asks any more.
fn ahead<'scope, T: Send + 'scope>(
    scope: &'scope Scope<'scope, '_>,
    n: usize,
    make: impl Fn(usize) -> T + Send + 'scope,
) -> Receiver<T> {
    let (give, take) = sync_channel(1);
    scope.spawn(move || (0..n).try_for_each(|i| give.send(make(i))));
    take
}

impl Epoch {
    /// Sums → means; the speaker head and the teacher see only the crops that were not mixed.
    fn over(self, steps: usize, mixup: f64) -> Epoch {
        let (all, plain) = (steps as f64, (steps as f64 * (1.0 - mixup)).max(1.0));
        Epoch {
            loss: self.loss / all,
            intensity: self.intensity / plain,
            speaker: self.speaker / plain,
            distillation: self.distillation / plain,
            ..self
        }
    }
}

/// One epoch of warm-up, then a cosine to 0.
fn learning_rate(config: &Config, step: usize, steps_an_epoch: usize) -> f64 {
    let warm = ((step + 1) as f64 / steps_an_epoch as f64).min(1.0);
    config.learning_rate * warm * falling(step, steps_an_epoch * config.epochs)
}

/// From 1 at the first of so many steps to 0 after the last, as half a cosine.
pub fn falling(step: usize, steps: usize) -> f64 {
    0.5 * (1.0 + (std::f64::consts::PI * step as f64 / steps as f64).cos())
}

/// Lets the population's mean and deviation follow the minibatch's.
fn follow_population(network: &Network, pooled: &Tensor<2>, rate: f64) {
    let pooled = pooled.clone().detach();
    let mean: Tensor<1> = pooled.clone().mean_dim(0).squeeze_dim(0);
    let deviation: Tensor<1> = pooled.var(0).sqrt().squeeze_dim(0) + 1e-2;
    for (running, now) in [(&network.population_mean, mean), (&network.population_scale, deviation)] {
        running.update((running.value() * (1.0 - rate) + now * rate).detach());
        // An update counts, and is saved, once it is asked for.
        running.value_sync();
    }
}

fn scalar(tensor: &Tensor<1>) -> f32 {
    values(tensor.clone()).first().copied().unwrap_or(f32::NAN)
}
