//! A Whisper encoder small enough to compute by hand, in both formats, with random weights.

use std::collections::BTreeMap;

use half::f16;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use safetensors::tensor::{Dtype, TensorView};

pub const WIDTH: usize = 8;
pub const HEADS: usize = 2;
pub const INNER: usize = 32;
pub const BANDS: usize = 80;
pub const DEPTH: usize = 3;
pub const POSITIONS: usize = 130;

/// Arrays under the names that PyTorch has for them; every value has half precision.
pub type Arrays = BTreeMap<String, (Vec<usize>, Vec<f32>)>;

pub fn arrays() -> Arrays {
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let mut arrays = Arrays::new();
    let mut put = |name: String, shape: &[usize], scale: f32, centre: f32| {
        let value = |_| f16::from_f32(centre + scale * random.random_range(-1.0..1.0_f32)).to_f32();
        let values = (0..shape.iter().product::<usize>()).map(value).collect();
        arrays.insert(name, (shape.to_vec(), values));
    };
    put("conv1.weight".to_string(), &[WIDTH, BANDS, 3], 0.1, 0.0);
    put("conv1.bias".to_string(), &[WIDTH], 0.2, 0.0);
    put("conv2.weight".to_string(), &[WIDTH, WIDTH, 3], 0.4, 0.0);
    put("conv2.bias".to_string(), &[WIDTH], 0.2, 0.0);
    put("embed_positions.weight".to_string(), &[POSITIONS, WIDTH], 0.5, 0.0);
    for block in 0..DEPTH {
        let own = |part: &str| format!("layers.{block}.{part}");
        for norm in ["self_attn_layer_norm", "final_layer_norm"] {
            put(own(&format!("{norm}.weight")), &[WIDTH], 0.3, 1.0);
            put(own(&format!("{norm}.bias")), &[WIDTH], 0.3, 0.0);
        }
        for part in ["q_proj", "k_proj", "v_proj", "out_proj"] {
            put(own(&format!("self_attn.{part}.weight")), &[WIDTH, WIDTH], 0.8, 0.0);
            if part != "k_proj" {
                put(own(&format!("self_attn.{part}.bias")), &[WIDTH], 0.3, 0.0);
            }
        }
        put(own("fc1.weight"), &[INNER, WIDTH], 0.5, 0.0);
        put(own("fc1.bias"), &[INNER], 0.3, 0.0);
        put(own("fc2.weight"), &[WIDTH, INNER], 0.3, 0.0);
        put(own("fc2.bias"), &[WIDTH], 0.3, 0.0);
    }
    arrays
}

/// As Hugging Face stores them, in single precision.
pub fn safetensors(arrays: &Arrays) -> Vec<u8> {
    let bytes: BTreeMap<String, Vec<u8>> = arrays
        .iter()
        .map(|(name, (_, values))| (name.clone(), values.iter().flat_map(|x| x.to_le_bytes()).collect()))
        .collect();
    let views = arrays.iter().map(|(name, (shape, _))| {
        let view = TensorView::new(Dtype::F32, shape.clone(), &bytes[name]).unwrap();
        (format!("model.encoder.{name}"), view)
    });
    ::safetensors::serialize(views, None).unwrap()
}

/// As CTranslate2 stores them, in half precision.
pub fn ctranslate2(arrays: &Arrays) -> Vec<u8> {
    let mut variables: Vec<(String, Vec<usize>, u8, Vec<u8>)> =
        vec![("encoder/num_heads".to_string(), vec![], 2, (HEADS as i16).to_le_bytes().to_vec())];
    let mut put = |name: String, shape: &[usize], values: &[f32]| {
        let bytes = values.iter().flat_map(|&x| f16::from_f32(x).to_le_bytes()).collect();
        variables.push((format!("encoder/{name}"), shape.to_vec(), 4, bytes));
    };
    let one = |name: &str| (&arrays[name].0[..], &arrays[name].1[..]);
    for conv in ["conv1", "conv2"] {
        for part in ["weight", "bias"] {
            let (shape, values) = one(&format!("{conv}.{part}"));
            put(format!("{conv}/{part}"), shape, values);
        }
    }
    let (shape, values) = one("embed_positions.weight");
    put("position_encodings/encodings".to_string(), shape, values);
    for block in 0..DEPTH {
        let own = |part: &str| one_of(arrays, block, part);
        let to = |part: &str| format!("layer_{block}/{part}");
        for (norm, into) in [("self_attn_layer_norm", "self_attention"), ("final_layer_norm", "ffn")] {
            put(to(&format!("{into}/layer_norm/gamma")), &[WIDTH], own(&format!("{norm}.weight")));
            put(to(&format!("{into}/layer_norm/beta")), &[WIDTH], own(&format!("{norm}.bias")));
        }
        let joined = |part: &str, key: &[f32]| {
            let parts = ["q", "v"].map(|which| own(&format!("self_attn.{which}_proj.{part}")));
            [parts[0], key, parts[1]].concat()
        };
        let weight = joined("weight", own("self_attn.k_proj.weight"));
        put(to("self_attention/linear_0/weight"), &[3 * WIDTH, WIDTH], &weight);
        put(to("self_attention/linear_0/bias"), &[3 * WIDTH], &joined("bias", &[0.0; WIDTH]));
        for (from, into, shape) in [
            ("self_attn.out_proj", "self_attention/linear_1", [WIDTH, WIDTH]),
            ("fc1", "ffn/linear_0", [INNER, WIDTH]),
            ("fc2", "ffn/linear_1", [WIDTH, INNER]),
        ] {
            put(to(&format!("{into}/weight")), &shape, own(&format!("{from}.weight")));
            put(to(&format!("{into}/bias")), &shape[..1], own(&format!("{from}.bias")));
        }
    }
    let text = |text: &str| [&(text.len() as u16 + 1).to_le_bytes()[..], text.as_bytes(), &[0]].concat();
    let number = |number: usize| (number as u32).to_le_bytes();
    let mut out = [&number(6)[..], &text("WhisperSpec"), &number(3), &number(variables.len())].concat();
    for (name, shape, kind, bytes) in variables {
        out.extend(text(&name));
        out.push(shape.len() as u8);
        shape.iter().for_each(|&size| out.extend(number(size)));
        out.push(kind);
        out.extend(number(bytes.len()));
        out.extend(bytes);
    }
    out
}

fn one_of<'a>(arrays: &'a Arrays, block: usize, part: &str) -> &'a [f32] {
    &arrays[&format!("layers.{block}.{part}")].1
}

/// The configuration beside the weights.
pub fn config() -> String {
    format!("{{\"model_type\": \"whisper\", \"encoder_attention_heads\": {HEADS}}}")
}
