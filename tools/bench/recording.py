"""A recording from end to end: `undertone analyze` beside the same windows through Python (librosa decodes, onnxruntime runs the model on each).

Two kinds: short sentences with pauses (the example again and again), whose windows hardly overlap, and somebody who goes on speaking, as in an interview.
"""
import json, subprocess, sys, time, wave
import librosa, numpy as np, onnxruntime
from ours import FOLDER, MODEL, ROOT, audio, binary, ffmpeg

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
adaptation = {"speaker_mean": np.array([population["mean"]], np.float32), "speaker_scale": np.array([population["scale"]], np.float32),
            "speaker_weight": np.zeros((1, 1), np.float32)}


def python(path, starts):
    wave, _ = librosa.load(path, sr=RATE, mono=True)
    length, answers = int(WINDOW * RATE), 0
    for i in range(0, len(starts), TOGETHER):
        cut = [wave[int(s * RATE):int(s * RATE) + length] for s in starts[i:i + TOGETHER]]
        batch = np.stack([np.pad(w, (0, length - len(w))) for w in cut]).astype(np.float32)
        answers += len(session.run(["logits"], {"waveform": batch, **adaptation})[0])
    return answers


# One answer in an interview; the sentences are ours.
ANSWER = ("Well, I grew up near the harbour, where my father repaired boats, and most of what I know about patience I learned from watching him. "
          "He would take a whole engine apart for one small noise, and he would not eat before he had found it. "
          "Later I went to the city to study, and for a year I was unhappy there, because nobody ever said good morning on the stairs. "
          "Then I met the people with whom I still work today, and that changed everything. "
          "We had no money at all, we slept in the workshop in winter, and we laughed more than ever since. "
          "When the first customer came back and complained I was so angry that I could not speak, but he was right, and we built it again from the start.")


def interview(seconds):
    """Continuous speech of two voices in turn, synthesised as the example is (needs espeak-ng); sentences go on with the synthesiser's own pauses."""
    path = FOLDER / "interview.wav"
    if not path.exists():
        sys.path.insert(0, str(ROOT / "examples"))
        from make_conversation import RATE, speak
        rng, parts = np.random.default_rng(7), []
        while sum(map(len, parts)) < seconds * RATE:
            n = len(parts)
            voice, loudness = [("en+m3", 0.4), ("en+f2", 0.5)][n % 2]
            parts.append(loudness * speak(voice, 30 + 10 * (n % 6), 135 + 10 * (n % 5), ANSWER))
        x = np.concatenate(parts)[:seconds * RATE]
        x += 3e-4 * rng.standard_normal(len(x))
        with wave.open(str(path), "wb") as f:
            f.setnchannels(1), f.setsampwidth(2), f.setframerate(RATE)
            f.writeframes((np.clip(x, -1, 1) * 32767).astype("<i2").tobytes())
    return path


def as_mp3(path):
    """The same as MP3, 44.1 kHz stereo."""
    out = path.with_suffix(".mp3")
    if not out.exists():
        ffmpeg("-i", path, "-ar", 44100, "-ac", 2, "-b:a", "64k", out)
    return out


sentences, interviewed = audio("recording.wav", 600), interview(600)
print("| recording | ours s | Python s | ratio | windows |\n|---|---|---|---|---|")
for name, path in [("10 min of short sentences, WAV", sentences), ("the same, MP3 of 44.1 kHz stereo", as_mp3(sentences)),
                   ("10 min of continuous speech, WAV", interviewed), ("the same, MP3 of 44.1 kHz stereo", as_mp3(interviewed))]:
    ours(path)
    a, result = min((timed(lambda: ours(path)) for _ in range(5)), key=lambda pair: pair[0])
    starts = windows(result["recordings"][0]["spans"])
    python(path, starts[:1])                                    # librosa loads its parts at the first use
    b, answers = min((timed(lambda: python(path, starts)) for _ in range(2)), key=lambda pair: pair[0])
    print(f"| {name} | {a:.2f} | {b:.2f} | {b / a:.1f} | {answers} |")
