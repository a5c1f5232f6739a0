//! Several trainings that answer one question, and the models they make.

pub mod cross_corpus;
pub mod cross_validation;
pub mod encoder_head;
pub mod finetune;
pub mod networks;
pub mod recipe;
