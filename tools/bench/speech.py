"""Speech detection beside Silero: the share of time called speech, in sounds without any and in clips that are all speech.

Silero's file and the corpora are found by UNDERTONE_REFERENCE (peers/silero-vad) and UNDERTONE_CORPORA.
"""
import collections, json, os, pathlib, random, subprocess
import numpy as np, onnxruntime, soundfile
from ours import FOLDER, binary, ffmpeg

RATE, SECONDS = 16000, 20
t = np.arange(RATE * SECONDS) / RATE
rng = np.random.default_rng(0)


def coloured(exponent):
    spectrum = np.fft.rfft(rng.standard_normal(len(t)))
    frequency = np.fft.rfftfreq(len(t), 1 / RATE)
    spectrum[1:] /= frequency[1:] ** exponent
    spectrum[0] = 0
    noise = np.fft.irfft(spectrum, len(t))
    return 0.1 * noise / noise.std()


def note(hz, begin, length, timbre):
    own = t - begin
    shape = np.where((own >= 0) & (own < length), np.exp(-3 * own / length) * np.minimum(1, own * 100), 0)
    return shape * sum(a * np.sin(2 * np.pi * hz * (k + 1) * t) for k, a in enumerate(timbre))


def melody(timbre, every=0.25):
    scale = 220 * 2 ** (np.array([0, 2, 4, 5, 7, 9, 11, 12]) / 12)
    return 0.2 * sum(note(rng.choice(scale), b, every * 1.5, timbre) for b in np.arange(0, SECONDS, every))


def chords(timbre):
    return 0.1 * sum(note(f * r, b, 2.0, timbre) for b in np.arange(0, SECONDS, 2) for f in [rng.choice([196, 220, 262])] for r in (1, 1.26, 1.5))


def drums():
    out = np.zeros_like(t)
    for begin in np.arange(0, SECONDS, 0.25):
        own = t - begin
        out += np.where((own >= 0) & (own < 0.2), np.exp(-30 * own) * rng.standard_normal(len(t)), 0)
    return 0.3 * out


plucked, bowed = [1, 0.5, 0.25, 0.12], [1, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2]
sounds = {"silence": np.zeros_like(t), "white noise": coloured(0), "pink noise": coloured(0.5), "brown noise": coloured(1),
          "tone 440 Hz": 0.3 * np.sin(2 * np.pi * 440 * t), "clicks": (rng.random(len(t)) < 2e-4) * 0.8, "drums": drums(),
          "melody, plucked": melody(plucked), "melody, bowed": melody(bowed), "chords": chords(plucked),
          "band: drums, chords and bowed melody": drums() + chords(plucked) + melody(bowed, 0.5)}
files = {}
for name, sound in sounds.items():
    path = FOLDER / f"{name.split(':')[0].replace(', ', '-').replace(' ', '-')}.wav"
    soundfile.write(path, np.clip(sound, -1, 1).astype("f4"), RATE, subtype="PCM_16")
    files[str(path)] = name
if corpora := os.environ.get("UNDERTONE_CORPORA"):
    random.seed(0)
    for corpus in ["ravdess", "cremad", "savee", "tess"]:
        clips = sorted(p for p in pathlib.Path(corpora, corpus).rglob("*") if p.suffix in {".wav", ".flac", ".opus", ".mp3"})
        files |= {str(path): f"clips of {corpus}" for path in random.sample(clips, 20)}

command = [binary(), "analyze", "--json", "--quiet", *files]
report = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
ours = {one["path"]: one["speech_seconds"] for one in report["recordings"]}

silero = onnxruntime.InferenceSession(str(pathlib.Path(os.environ["UNDERTONE_REFERENCE"], "peers/silero-vad/silero_vad_16k_op15.onnx")),
                                      providers=["CPUExecutionProvider"])


def by_silero(waveform):
    """Seconds above 0.5, in windows of 512 samples."""
    state, context, speech = np.zeros((2, 1, 128), "f4"), np.zeros(64, "f4"), 0.0
    for begin in range(0, len(waveform) - 511, 512):
        window = waveform[begin:begin + 512]
        probability, state = silero.run(None, {"input": np.concatenate([context, window])[None], "state": state, "sr": np.array(RATE, "i8")})
        context, speech = window[-64:], speech + (probability[0, 0] >= 0.5) * 512 / RATE
    return speech


table = collections.defaultdict(lambda: [0.0, 0.0, 0.0])
for path, name in files.items():
    wav = FOLDER / "speech.wav"
    ffmpeg("-i", path, "-ac", "1", "-ar", RATE, wav)
    waveform = soundfile.read(wav, dtype="float32")[0]
    table[name][0] += len(waveform) / RATE
    table[name][1] += min(ours[path], len(waveform) / RATE)
    table[name][2] += by_silero(waveform)
print("| | seconds | ours: called speech % | Silero % |\n|---|---|---|---|")
for name, (seconds, mine, theirs) in table.items():
    print(f"| {name} | {seconds:.0f} | {100 * mine / seconds:.1f} | {100 * theirs / seconds:.1f} |")
