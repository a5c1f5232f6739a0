"""Any model of ours by onnxruntime: python3 onnxruntime_model.py MODEL.onnx SOUND.wav [ENCODER.onnx]

SOUND.wav holds up to 15 s at 16 kHz, one channel, 16 bits; a head over an encoder needs that one's file.
"""
import json
import sys
import wave

import numpy as np
import onnxruntime

model, sound, *encoder = sys.argv[1:]
with wave.open(sound) as file:
    assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (16000, 1, 2), "16 kHz, mono, 16 bits"
    waveform = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float32)[None] / 32768

session = onnxruntime.InferenceSession(model)
about = json.loads(session.get_modelmeta().custom_metadata_map["undertone"])
heard = {"waveform": waveform}
if about.get("encoder"):
    network = onnxruntime.InferenceSession(encoder[0])
    layers = network.run(about["encoder"]["layers"], {network.get_inputs()[0].name: waveform})
    layers = np.concatenate(layers, axis=2)  # side by side, every 20 ms; the head reads means over 40 ms
    several = round(0.04 / about["encoder"]["frame_seconds"])
    rows = layers.shape[1] // several
    heard = {"layers": layers[:, : rows * several].reshape(1, rows, several, -1).mean(axis=2)}
# Nothing is known of the speaker: the population's mean and scale, with weight 0.
heard |= {f"speaker_{name}": np.array([about["population"][name]], np.float32) for name in ("mean", "scale")}
heard["speaker_weight"] = np.zeros((1, 1), np.float32)
logits = session.run(["logits"], heard)[0][0] / about["temperature"]["unadapted"]
posterior = np.exp(logits - logits.max())
shares = posterior / posterior.sum()
print(json.dumps({name: round(float(share), 4) for name, share in zip(about["classes"], shares)}))
