"""Adds to a model file how all speech of a speaker differs from the neutral part of it (`neutral_offset` in its metadata), where its trainer did not.

usage: neutral_offset.py MODEL.onnx CORPORA --held-out PROTOCOL:FOLD …     (writes MODEL.onnx anew; the trainer measures it by itself since)
needs: pip install numpy onnx onnxruntime soundfile; clips at 16 kHz, mono

The mean over the speakers that were learned from of (mean of `pooled` over all clips − over the neutral clips). Labels come from the names of the files as
RAVDESS, SAVEE, TESS and CREMA-D have them; speakers of the protocols' folds that were held out are left out.
"""
import json, pathlib, re, sys, tomllib
import numpy as np, onnx, onnxruntime, soundfile

PROTOCOLS = pathlib.Path(__file__).resolve().parents[2] / "crates/undertone/corpora/protocols"


def named(path):
    """(corpus, speaker, neutral?) by the file's name."""
    name = path.stem
    if m := re.fullmatch(r"03-0([12])-(0[1-8])-\d\d-\d\d-\d\d-(\d\d)", name):
        return ("ravdess" if m[1] == "1" else "ravdess_song"), m[3], m[2] == "01"
    if m := re.fullmatch(r"(DC|JE|JK|KL)_?(a|d|f|h|n|sa|su)\d+", name):
        return "savee", m[1], m[2] == "n"
    if m := re.fullmatch(r"(OAF|YAF)_.*_(\w+)", name):
        return "tess", m[1], m[2] == "neutral"
    if m := re.fullmatch(r"(\d{4})_[A-Z]{3}_([A-Z]{3})_[A-Z]{2}", name):
        return "cremad", m[1], m[2] == "NEU"
    return None


def main(model, corpora, held_out):
    out = set()
    for protocol, fold in (entry.split(":") for entry in held_out):
        table = tomllib.loads((PROTOCOLS / f"{protocol}.toml").read_text())
        out |= {(table["corpus"], speaker) for speaker in table["folds"][int(fold) - 1]["test"]}
    file = onnx.load(model)
    about = next(entry for entry in file.metadata_props if entry.key == "undertone")
    metadata = json.loads(about.value)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    population = metadata["population"]
    baseline = {"baseline_mean": np.array([population["mean"]], np.float32), "baseline_scale": np.array([population["scale"]], np.float32),
                "baseline_weight": np.zeros((1, 1), np.float32)}
    heard = {}
    for path in sorted(pathlib.Path(corpora).rglob("*.*")):
        who = named(path)
        if who is None or (who[0].removesuffix("_song"), who[1]) in out or path.suffix.lower() not in (".wav", ".flac", ".opus", ".ogg"):
            continue
        wave, rate = soundfile.read(path, dtype="float32")
        assert wave.ndim == 1, path
        if rate != 16000:
            sys.exit(f"{path}: expected 16 kHz, got {rate} Hz")
        pooled = session.run(["pooled"], {"waveform": wave[None], **baseline})[0][0]
        heard.setdefault(who[:2], []).append((who[2], pooled))
    offsets = []
    for own in heard.values():
        rows, neutral = np.array([row for _, row in own], np.float64), np.array([quiet for quiet, _ in own])
        if neutral.any() and not neutral.all():
            offsets.append(rows.mean(0) - rows[neutral].mean(0))
    metadata["neutral_offset"] = [float(f"{x:.6g}") for x in np.mean(offsets, 0)]
    about.value = json.dumps(metadata, ensure_ascii=False, separators=(",", ":"))
    onnx.save(file, model)
    print(f"{sum(map(len, heard.values()))} clips of {len(offsets)} speakers; length of the offset {np.linalg.norm(np.mean(offsets, 0)):.3f}")


if __name__ == "__main__":
    at = sys.argv.index("--held-out") if "--held-out" in sys.argv else len(sys.argv)
    main(sys.argv[1], sys.argv[2], sys.argv[at + 1:])
