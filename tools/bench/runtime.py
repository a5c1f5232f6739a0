"""The network: our run of the default model beside Python's onnxruntime, and its multiplications per second of audio."""
import time
import numpy as np, onnx, onnxruntime, soundfile
from onnx import numpy_helper, shape_inference, utils
from ours import FOLDER, MODEL, audio, bench

RUNS = 7


def best(run):
    run()
    times = []
    for _ in range(RUNS):
        begin = time.perf_counter()
        run()
        times.append(time.perf_counter() - begin)
    return 1000 * min(times)


def session(path, threads):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


trunk = FOLDER / "trunk.onnx"
utils.extract_model(str(MODEL), str(trunk), ["spectrogram"], ["frames"])
files = {seconds: audio(f"{seconds}s.wav", seconds) for seconds in (3, 30, 60)}
ours, _ = bench(*files.values())
print("| audio | threads | what | ours ms | onnxruntime ms | ratio |\n|---|---|---|---|---|---|")
for seconds, path in files.items():
    waveform = soundfile.read(path, dtype="float32")[0][None]
    for threads in (1, 2):
        whole, inner = session(MODEL, threads), session(trunk, threads)
        width = whole.get_inputs()[1].shape[1]
        feed = {"waveform": waveform, "speaker_mean": np.zeros((1, width), "f4"),
                "speaker_scale": np.ones((1, width), "f4"), "speaker_weight": np.zeros((1, 1), "f4")}
        spectrogram = whole.run(["spectrogram"], feed)[0]
        front = ours["spectrogram", str(path), 1]
        for what, mine, theirs in [
            ("spectrogram → frames", ours["frames", str(path), threads] - front, best(lambda: inner.run(None, {"spectrogram": spectrogram}))),
            ("waveform → frames (ours: FFT outside the graph)", ours["frames", str(path), threads], best(lambda: whole.run(["frames"], feed))),
            ("waveform → logits, the whole graph", ours["whole", str(path), threads], best(lambda: whole.run(["logits"], feed))),
        ]:
            print(f"| {seconds} s | {threads} | {what} | {mine:.1f} | {theirs:.1f} | {mine / theirs:.2f} |")


def multiplications(path, inputs, seconds):
    model = onnx.load(path)
    for value in model.graph.input:
        for axis, size in zip(value.type.tensor_type.shape.dim, inputs[value.name]):
            axis.Clear()
            axis.dim_value = size
    graph = shape_inference.infer_shapes(model, data_prop=True).graph
    shapes = {v.name: [d.dim_value for d in v.type.tensor_type.shape.dim] for v in [*graph.value_info, *graph.output, *graph.input]}
    shapes |= {i.name: list(numpy_helper.to_array(i).shape) for i in graph.initializer}
    total = 0
    for node in graph.node:
        if node.op_type == "Conv":
            weight = shapes[node.input[1]]
            total += np.prod(shapes[node.output[0]]) * np.prod(weight[1:])
        elif node.op_type in ("MatMul", "Gemm"):
            total += np.prod(shapes[node.output[0]]) * shapes[node.input[0]][-1]
    return total / seconds / 1e6


count = multiplications(trunk, {"spectrogram": [1, 6000, 128]}, 60)
print(f"\nMultiplications of the trunk: {count:.1f} million per second of audio (the heads add one {width} × 18 product a window).")
