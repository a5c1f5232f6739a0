//! What the arrays of a Whisper encoder are called in either format.

use undertone::Result;

use super::{Block, Linear};
use crate::weights::{Array, Format, Weights};

/// Finds arrays by what they are, in either format.
pub struct Names<'a> {
    weights: &'a mut Weights,
    format: Format,
    /// What stands before every name.
    prefix: &'static str,
}

impl Names<'_> {
    pub fn of(weights: &mut Weights) -> Names<'_> {
        let format = weights.format();
        let prefix = match format {
            Format::CTranslate2 => "encoder/",
            Format::Safetensors if weights.has("model.encoder.conv1.weight") => "model.encoder.",
            Format::Safetensors => "encoder.",
        };
        Names { weights, format, prefix }
    }

    /// Attention heads, where the file says how many.
    pub fn heads(&mut self) -> Result<Option<usize>> {
        match self.format {
            Format::CTranslate2 => Ok(self.get("num_heads")?.values.first().map(|&heads| heads as usize)),
            Format::Safetensors => Ok(None),
        }
    }

    fn get(&mut self, name: &str) -> Result<Array> {
        let name = format!("{}{name}", self.prefix);
        self.weights.get(&name)
    }

    /// Weight and bias of this name.
    pub fn linear(&mut self, name: &str) -> Result<Linear> {
        let between = if self.format == Format::CTranslate2 { '/' } else { '.' };
        Ok(Linear {
            weight: self.get(&format!("{name}{between}weight"))?,
            bias: self.get(&format!("{name}{between}bias"))?,
        })
    }

    fn norm(&mut self, name: &str) -> Result<Linear> {
        match self.format {
            Format::Safetensors => self.linear(name),
            Format::CTranslate2 => Ok(Linear {
                weight: self.get(&format!("{name}/gamma"))?,
                bias: self.get(&format!("{name}/beta"))?,
            }),
        }
    }

    pub fn positions(&mut self) -> Result<Array> {
        self.get(match self.format {
            Format::Safetensors => "embed_positions.weight",
            Format::CTranslate2 => "position_encodings/encodings",
        })
    }

    pub fn depth(&self) -> usize {
        let known = |number: &usize| {
            self.weights.has(&match self.format {
                Format::Safetensors => format!("{}layers.{number}.fc1.bias", self.prefix),
                Format::CTranslate2 => format!("{}layer_{number}/ffn/linear_0/bias", self.prefix),
            })
        };
        (0..).take_while(known).count()
    }

    pub fn block(&mut self, number: usize) -> Result<Block> {
        if self.format == Format::CTranslate2 {
            let own = |part: &str| format!("layer_{number}/{part}");
            return Ok(Block {
                attention_norm: self.norm(&own("self_attention/layer_norm"))?,
                attention_in: self.linear(&own("self_attention/linear_0"))?,
                attention_out: self.linear(&own("self_attention/linear_1"))?,
                ffn_norm: self.norm(&own("ffn/layer_norm"))?,
                ffn_in: self.linear(&own("ffn/linear_0"))?,
                ffn_out: self.linear(&own("ffn/linear_1"))?,
            });
        }
        let own = |part: &str| format!("layers.{number}.{part}");
        Ok(Block {
            attention_norm: self.norm(&own("self_attn_layer_norm"))?,
            attention_in: self.joined(&own("self_attn"))?,
            attention_out: self.linear(&own("self_attn.out_proj"))?,
            ffn_norm: self.norm(&own("final_layer_norm"))?,
            ffn_in: self.linear(&own("fc1"))?,
            ffn_out: self.linear(&own("fc2"))?,
        })
    }

    /// Query, key and value as one; keys have no bias.
    fn joined(&mut self, name: &str) -> Result<Linear> {
        let query = self.linear(&format!("{name}.q_proj"))?;
        let key = self.get(&format!("{name}.k_proj.weight"))?;
        let value = self.linear(&format!("{name}.v_proj"))?;
        let columns = query.weight.shape.get(1).copied().unwrap_or(0);
        let no_bias = vec![0.0; query.bias.values.len()];
        let weight = [query.weight.values, key.values, value.weight.values].concat();
        let bias = [query.bias.values, no_bias, value.bias.values].concat();
        Ok(Linear {
            weight: Array { shape: vec![weight.len() / columns.max(1), columns], values: weight },
            bias: Array { shape: vec![bias.len()], values: bias },
        })
    }
}
