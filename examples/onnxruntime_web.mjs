// Any model of ours by onnxruntime-web: node onnxruntime_web.mjs MODEL.onnx SOUND.wav [ENCODER.onnx]
//
// SOUND.wav holds up to 15 s at 16 kHz, one channel, 16 bits, with a header of 44 bytes; a head over an encoder needs that one's file.
// In a page, fetch the files and take samples from Web Audio; the rest is the same.
import { readFileSync } from "node:fs";
import * as ort from "onnxruntime-web";

const [model, sound, encoder] = process.argv.slice(2);
const file = readFileSync(model);
// onnxruntime-web does not show the metadata of a file; ours is the JSON at its end.
const about = JSON.parse(file.subarray(file.lastIndexOf('{"format":2')).toString());
const bytes = readFileSync(sound).subarray(44);
const samples = Float32Array.from({ length: bytes.length >> 1 }, (_, at) => bytes.readInt16LE(2 * at) / 32768);
const tensor = (values, ...shape) => new ort.Tensor("float32", Float32Array.from(values), shape);

const session = await ort.InferenceSession.create(file);
let heard = { waveform: tensor(samples, 1, samples.length) };
if (about.encoder) {
  const network = await ort.InferenceSession.create(readFileSync(encoder));
  const run = await network.run({ [network.inputNames[0]]: heard.waveform });
  const layers = about.encoder.layers.map((name) => run[name]);
  // Side by side, every 20 ms; the head reads means over 40 ms.
  const several = Math.round(0.04 / about.encoder.frame_seconds);
  const rows = Math.floor(layers[0].dims[1] / several);
  const mean = (layer, row, column) => {
    let sum = 0;
    for (let at = row * several; at < (row + 1) * several; at++) sum += layer.data[at * layer.dims[2] + column];
    return sum / several;
  };
  const values = [];
  for (let row = 0; row < rows; row++)
    for (const layer of layers) for (let column = 0; column < layer.dims[2]; column++) values.push(mean(layer, row, column));
  heard = { layers: tensor(values, 1, rows, values.length / rows) };
}
// Nothing is known of the speaker: the population's mean and scale, with weight 0.
const { mean, scale } = about.population;
heard.speaker_mean = tensor(mean, 1, mean.length);
heard.speaker_scale = tensor(scale, 1, scale.length);
heard.speaker_weight = tensor([0], 1, 1);
const logits = [...(await session.run(heard, ["logits"])).logits.data].map((x) => x / about.temperature.unadapted);
const shares = logits.map((x) => Math.exp(x - Math.max(...logits)));
const sum = shares.reduce((a, b) => a + b);
console.log(JSON.stringify(Object.fromEntries(about.classes.map((name, at) => [name, +(shares[at] / sum).toFixed(4)]))));
