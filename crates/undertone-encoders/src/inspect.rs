//! What an ONNX file reads and gives, and what it does with a second of noise.

mod external;

use std::time::Instant;

use prost::Message;
use rten::{ModelOptions, NodeId, Value};
use rten_tensor::Tensor;
use rten_tensor::prelude::*;
use undertone::model::InputKind;
use undertone::{Error, ErrorKind, Result};

use crate::onnx::{FLOAT, Model};

use crate::RATE;

pub use external::{files, inlined};

/// Seconds of sound that Whisper's log-mel spectrogram always stands for.
const MEL_SECONDS: f64 = 30.0;
/// Properties in which exporters write the sample rate.
const RATES: [&str; 3] = ["sample_rate", "sampling_rate", "samplerate"];

/// The one input, and the outputs, as the file declares them.
#[derive(Debug)]
pub struct Interface {
    pub input: String,
    pub kind: InputKind,
    /// Sizes of the input that are fixed.
    shape: Vec<Option<i64>>,
    /// Names of the outputs of `f32`.
    pub outputs: Vec<String>,
    /// Hz, where a property of the file states it.
    pub rate: Option<u32>,
}

impl Interface {
    /// Reads the file's declarations.
    ///
    /// # Errors
    /// `Model` where it is not ONNX, `Unsupported` where its input is none of those that can be given.
    pub fn read(bytes: &[u8]) -> Result<Interface> {
        let damaged = || Error::model("cannot be read as ONNX: it is another format, damaged or cut short");
        let model = Model::decode(bytes).map_err(|error| damaged().because(error))?;
        let graph = model.graph.ok_or_else(damaged)?;
        let constants: Vec<&str> = graph.initializer.iter().map(|tensor| tensor.name.as_str()).collect();
        // Old files declare their constants as inputs too.
        let inputs: Vec<_> =
            graph.input.iter().filter(|input| !constants.contains(&input.name.as_str())).collect();
        let [input] = inputs[..] else {
            let names: Vec<String> = inputs.iter().map(|input| format!("'{}'", input.name)).collect();
            let message = format!(
                "has {} inputs ({}), expected one: the sound; export it without masks and lengths",
                inputs.len(),
                names.join(", ")
            );
            return Err(Error::unsupported(message));
        };
        let (element, shape) = input.declared();
        if element != FLOAT {
            let message = format!(
                "its input '{}' is {}, expected 32-bit floats; export it with an input in float32",
                input.name,
                element_name(element)
            );
            return Err(Error::unsupported(message));
        }
        let shape = shape.unwrap_or_else(|| vec![None; 2]);
        let kind = match shape[..] {
            [batch, _] if batch.unwrap_or(1) == 1 => InputKind::Waveform,
            [batch, Some(80 | 128), _] if batch.unwrap_or(1) == 1 => InputKind::LogMel,
            _ => {
                let message = format!(
                    "its input '{}' is neither a waveform [1, samples] nor a log-mel spectrogram [1, 80 or 128, frames]; export it with \
                     one of these",
                    input.name
                );
                return Err(Error::unsupported(message));
            }
        };
        let outputs = graph.output.iter().filter(|output| output.declared().0 == FLOAT);
        let outputs: Vec<String> = outputs.map(|output| output.name.clone()).collect();
        if outputs.is_empty() {
            return Err(Error::unsupported(
                "none of its outputs is of 32-bit floats; export it without quantised outputs",
            ));
        }
        let stated =
            |key: &str| model.metadata_props.iter().find(|entry| entry.key == key)?.value.trim().parse().ok();
        Ok(Interface {
            input: input.name.clone(),
            kind,
            shape,
            outputs,
            rate: RATES.into_iter().find_map(stated),
        })
    }
}

/// What came out of one output.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    pub name: String,
    pub width: usize,
    /// Seconds from row to row; none of an embedding of the whole.
    pub frame_seconds: Option<f64>,
}

/// What the encoder did with noise.
#[derive(Clone, Debug)]
pub struct Trial {
    pub outputs: Vec<Output>,
    /// The length of sound that its input is fixed to.
    pub fixed_seconds: Option<f64>,
    /// Seconds of work for a second of sound.
    pub work: f64,
}

/// Runs the encoder on one and on two seconds of noise, or on as much as its input is fixed to.
///
/// # Errors
/// `Unsupported` where it has an operator that is not supported, or an output that is neither rows nor an embedding; `Model` where it
/// cannot be run or gives values that are not numbers.
pub fn try_out(bytes: Vec<u8>, interface: &Interface) -> Result<Trial> {
    let model = ModelOptions::with_all_ops().load(bytes).map_err(|error| {
        let text = error.to_string();
        match text.contains("not supported") || text.contains("unsupported") {
            true => Error::unsupported(format!(
                "has an operator that is not supported here: {text}; export it with ONNX's own operators of opset 17"
            )),
            false => Error::model(format!("cannot be loaded as ONNX: {text}")),
        }
    })?;
    let second = i64::from(RATE);
    let fixed = interface.shape.last().copied().flatten();
    // (Sizes of the input, seconds of sound): the later are the longer.
    let runs: Vec<(Vec<usize>, f64)> = match (interface.kind, fixed) {
        (InputKind::LogMel, frames) => {
            let bands = interface.shape.get(1).copied().flatten().unwrap_or(80);
            vec![(vec![1, bands as usize, frames.unwrap_or(3000) as usize], MEL_SECONDS)]
        }
        (_, Some(samples)) => vec![(vec![1, samples as usize], samples as f64 / f64::from(RATE))],
        (_, None) => [1, 2].map(|seconds| (vec![1, (seconds * second) as usize], seconds as f64)).to_vec(),
    };
    let nodes = std::iter::once(&interface.input).chain(&interface.outputs);
    let nodes = nodes.map(|name| {
        model
            .find_node(name)
            .ok_or_else(|| Error::model(format!("has no value '{name}', though it declares it")))
    });
    let nodes = nodes.collect::<Result<Vec<NodeId>>>()?;
    let (mut results, mut work) = (Vec::new(), 0.0);
    for (shape, seconds) in &runs {
        let begun = Instant::now();
        let outputs = run(&model, &nodes, shape)?;
        work = begun.elapsed().as_secs_f64() / seconds;
        results.push((outputs, *seconds));
    }
    let mut outputs = Vec::with_capacity(interface.outputs.len());
    for (number, name) in interface.outputs.iter().enumerate() {
        let shapes: Vec<(&[usize], f64)> =
            results.iter().map(|(outputs, seconds)| (outputs[number].as_slice(), *seconds)).collect();
        let (width, frame_seconds) = layout(name, &shapes)?;
        outputs.push(Output { name: name.clone(), width, frame_seconds });
    }
    let fixed_seconds = fixed.filter(|_| interface.kind == InputKind::Waveform);
    Ok(Trial { outputs, fixed_seconds: fixed_seconds.map(|samples| samples as f64 / f64::from(RATE)), work })
}

/// The shapes of all outputs.
fn run(model: &rten::Model, nodes: &[NodeId], shape: &[usize]) -> Result<Vec<Vec<usize>>> {
    let noise: Tensor<f32> = Tensor::from_data(shape, noise(shape.iter().product()));
    let values = model.run(vec![(nodes[0], noise.view().into())], &nodes[1..], None);
    let values = values.map_err(|error| {
        Error::model(format!(
            "cannot be run on noise of shape {shape:?}: {error}; was it exported for another length?"
        ))
    })?;
    let shape = |value: Value| {
        let tensor: Tensor<f32> =
            value.try_into().map_err(|_| Error::model("gives values that are not of 32-bit floats"))?;
        match tensor.iter().all(|x| x.is_finite()) {
            true => Ok(tensor.shape().to_vec()),
            false => Err(Error::new(
                ErrorKind::Model,
                "gives values that are not numbers (NaN or infinite) for a second of noise; export it in float32",
            )),
        }
    };
    values.into_iter().map(shape).collect()
}

/// Width and seconds per row of an output, from its shapes for sounds of different lengths.
fn layout(name: &str, shapes: &[(&[usize], f64)]) -> Result<(usize, Option<f64>)> {
    match *shapes {
        [(&[1, width], _), ..] => Ok((width, None)),
        [(&[1, frames, width], seconds)] if frames > 0 => {
            // Rows at the end are missing where filters reach beyond it: to a millisecond it is known.
            Ok((width, Some((seconds / frames as f64 * 1000.0).round() / 1000.0)))
        }
        [(&[1, frames, width], seconds), (&[1, more, _], longer)] if more > frames => {
            Ok((width, Some((longer - seconds) / (more - frames) as f64)))
        }
        _ => {
            let shapes: Vec<&[usize]> = shapes.iter().map(|(shape, _)| *shape).collect();
            let message = format!(
                "its output '{name}' has the shapes {shapes:?} for noise of one and two seconds; expected [1, frames, width] with more \
                 frames for more sound, or [1, width]; choose other outputs by --layers"
            );
            Err(Error::unsupported(message))
        }
    }
}

/// Noise that is the same at every call.
fn noise(length: usize) -> Vec<f32> {
    let mut state = 1_u32;
    let mut next = || {
        // Numerical Recipes' linear congruential generator: any noise will do.
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..length).map(|_| 0.1 * next()).collect()
}

fn element_name(element: i32) -> String {
    match element {
        2..=7 | 12 | 13 => "of integers".to_string(),
        10 | 16 => "of 16-bit floats".to_string(),
        11 => "of 64-bit floats".to_string(),
        other => format!("of type {other}"),
    }
}
