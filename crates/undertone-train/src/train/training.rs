//! The training, top to bottom: one loop, one network, two heads.

use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::Scope;
use std::time::Instant;

use burn::grad_clipping::GradientClippingConfig;
use burn::optim::{AdamWConfig, GradientsParams};
use burn::prelude::*;
use undertone::{Error, ErrorKind, Result};

use crate::nn::average;
use crate::nn::network::Network;
use crate::nn::tensor::values;
use crate::train::checkpoint::Checkpoints;
use crate::train::config::Config;
use crate::train::embedding_bank::{EmbeddingBank, Enrolment};
use crate::train::epoch::Epoch;
use crate::train::sampler::Sampler;
use crate::train::schedule::learning_rate;

/// What the loop tells while it runs.
pub trait Watch {
    /// After every step: epochs done, steps done and steps in this epoch, the running mean loss.
    fn step(&mut self, epoch: usize, step: usize, steps: usize, loss: f64);
    /// After every epoch; may score the averaged network on held-out speakers.
    fn epoch(&mut self, number: usize, epoch: &mut Epoch, average: &Network);
    /// After an epoch's checkpoint: everything so far.
    fn saved(&mut self, epochs: &[Epoch]);
}

/// Trains a network on what `sampler` gives, resuming from the newest checkpoint; gives the averaged network.
///
/// # Errors
/// `Config` where the loss stops being a number; what writing checkpoints answers.
pub fn train(
    config: &Config,
    sampler: &Sampler,
    checkpoints: &Checkpoints,
    watch: &mut dyn Watch,
) -> Result<Network> {
    let device = Device::flex().autodiff();
    device.seed(config.seed);
    let teacher = (sampler.features.teacher_width > 0).then_some(sampler.features.teacher_width);
    let network = config.front_end.network(&config.size, teacher, &device)?;
    let slow = config.front_end.network(&config.size, teacher, &Device::flex())?;
    let slow = average::follow(slow, &network, 0.0);
    let mut embeddings = EmbeddingBank::new(sampler.clips, config.size.pooled());
    let resumed = checkpoints.load(network, slow, &mut embeddings)?;
    let (mut network, mut slow, mut epochs) = (resumed.network, resumed.average, resumed.epochs);
    let clip = GradientClippingConfig::Norm(config.clip_gradient);
    let adam = AdamWConfig::new().with_weight_decay(config.weight_decay).with_epsilon(1e-8);
    let mut optimizer = adam.with_grad_clipping(Some(clip)).init();
    if let Some(bytes) = resumed.optimizer {
        let broken = |error: burn::store::RecordError| Error::new(ErrorKind::Malformed, error.to_string());
        optimizer = optimizer.from_bytes(burn::tensor::Bytes::from_bytes_vec(bytes)).map_err(broken)?;
    }
    let steps = (sampler.clips.len() / config.minibatch).max(1);
    std::thread::scope(|scope| {
        for epoch in epochs.len()..config.epochs {
            // Everything random in an epoch follows from its number, so that a resumed training is the same one.
            let seed = config.seed ^ (epoch as u64 + 1) << 32;
            device.seed(seed);
            let (begin, mut sums) = (Instant::now(), Epoch::default());
            let offset = embeddings.neutral_offset();
            let on = device.clone();
            let minibatches = ahead(scope, steps, move |step| sampler.minibatch(seed + step as u64, &on));
            for (step, minibatch) in minibatches.into_iter().enumerate() {
                let done = epoch * steps + step;
                let features = network.trunk(minibatch.input.clone().views(network.bank.as_ref()));
                let pooled = network.pool(features.clone());
                let rows = values(pooled.clone().detach());
                follow_population(&network, &pooled, if done < 50 { 0.2 } else { 0.01 });
                if !minibatch.mixed {
                    embeddings.keep(&minibatch.clips, &rows);
                }
                let out = network.unadapted(pooled.clone());
                let [main, intensity] = minibatch.targets.losses(&out);
                let mut loss = main.clone() + intensity.clone() * config.intensity;
                sums.loss += f64::from(scalar(&main));
                sums.intensity += f64::from(scalar(&intensity));
                if !minibatch.mixed && done > steps / 2 {
                    // The embeddings come from several stages of the network: their spread is not informative yet, and the scale stays the population's.
                    let population = network.population();
                    let enrolment = Enrolment { offset: &offset, kappa: config.kappa, kappa_scale: None };
                    let speakers =
                        embeddings.adaptations(&minibatch.clips, &population, enrolment, seed + step as u64);
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
            checkpoints.save(&network, &slow, &state, &embeddings, &epochs)?;
            watch.saved(&epochs);
        }
        Ok(slow)
    })
}

/// Makes one thing for each of `0..n` on a thread of its own, so that the next one is ready when it is needed; ends early where
/// the receiver is gone.
fn ahead<'scope, T: Send + 'scope>(
    scope: &'scope Scope<'scope, '_>,
    n: usize,
    make: impl Fn(usize) -> T + Send + 'scope,
) -> Receiver<T> {
    let (give, take) = sync_channel(1);
    scope.spawn(move || (0..n).try_for_each(|i| give.send(make(i))));
    take
}

/// Lets the population's mean and deviation follow the minibatch's.
fn follow_population(network: &Network, pooled: &Tensor<2>, rate: f64) {
    let pooled = pooled.clone().detach();
    let mean: Tensor<1> = pooled.clone().mean_dim(0).squeeze_dim(0);
    let deviation: Tensor<1> = pooled.var(0).sqrt().squeeze_dim(0) + 1e-2;
    for (running, now) in [(&network.population_mean, mean), (&network.population_scale, deviation)] {
        running.update((running.value() * (1.0 - rate) + now * rate).detach());
        // An update counts, and is saved, once it is read.
        running.value_sync();
    }
}

fn scalar(tensor: &Tensor<1>) -> f32 {
    values(tensor.clone()).first().copied().unwrap_or(f32::NAN)
}
