//! Fits the statistics that a model's adaptation to a speaker rests on: how far speakers lie from the population, and how classes vary from
//! speaker to speaker.
//!
//! Of the embeddings only the span of both heads' weights counts, since an offset outside of it changes no logit:
//!
//! 1. an orthonormal basis of that span;
//! 2. a linear mixed model (class + speaker + residual) of speakers that the network did not learn from;
//! 3. joint diagonalisation of its covariances, that of speakers about the network's population;
//! 4. class effects of every corpus, those of the network's training too, their mean and their variance.

mod class_effects;
mod clips;
mod heads;
mod interaction;
mod mixed_model;
mod statistics;
#[cfg(test)]
mod synthetic;
