"""A recording from end to end: `undertone analyze` beside the same windows through Python (librosa decodes, onnxruntime runs the model on each)."""
import json, subprocess, time
import librosa, numpy as np, onnxruntime
from ours import MODEL, audio, binary

WINDOW, HOP, RATE, TOGETHER = 2.4, 0.6, 16000, 32
undertone = str(binary())


def timed(run):
    begin = time.perf_counter()
    out = run()
    return time.perf_counter() - begin, out


def ours(path):
    return json.loads(subprocess.run([undertone, "analyze", str(path), "--json", "--quiet"], check=True, capture_output=True).stdout)


def windows(spans):
    """The windows over the stretches of speech that ours found (Python is given them for nothing)."""
    stretches = []
    for span in sorted((s["start"], s["end"]) for s in spans):
        if stretches and span[0] - stretches[-1][1] < 1e-3:
            stretches[-1][1] = span[1]
        else:
            stretches.append(list(span))
    starts = []
    for start, end in stretches:
        last = max(start, end - WINDOW)
        starts += list(np.arange(start, last, HOP)) + [last]
    return starts


session = onnxruntime.InferenceSession(str(MODEL), providers=["CPUExecutionProvider"])
about = json.loads(session.get_modelmeta().custom_metadata_map["undertone"])
population = about["population"]
baseline = {"baseline_mean": np.array([population["mean"]], np.float32), "baseline_scale": np.array([population["scale"]], np.float32),
            "baseline_weight": np.zeros((1, 1), np.float32)}


def python(path, starts):
    wave, _ = librosa.load(path, sr=RATE, mono=True)
    length, answers = int(WINDOW * RATE), 0
    for i in range(0, len(starts), TOGETHER):
        cut = [wave[int(s * RATE):int(s * RATE) + length] for s in starts[i:i + TOGETHER]]
        batch = np.stack([np.pad(w, (0, length - len(w))) for w in cut]).astype(np.float32)
        answers += len(session.run(["logits"], {"waveform": batch, **baseline})[0])
    return answers


print("| recording | ours s | Python s | ratio | windows |\n|---|---|---|---|---|")
for name, seconds, options in [("10 min WAV", 600, []), ("10 min MP3, 44.1 kHz stereo", 600, ["-ar", 44100, "-ac", 2, "-b:a", "64k"])]:
    path = audio("recording." + ("mp3" if options else "wav"), seconds, *options)
    ours(path)
    a, result = min((timed(lambda: ours(path)) for _ in range(3)), key=lambda pair: pair[0])
    starts = windows(result["recordings"][0]["spans"])
    python(path, starts[:1])                                    # librosa loads its parts at the first use
    b, answers = timed(lambda: python(path, starts))
    print(f"| {name} | {a:.2f} | {b:.2f} | {b / a:.1f} | {answers} |")
