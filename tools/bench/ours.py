"""Runs the Rust side of the benchmarks and makes their audio; used by the scripts beside it."""
import csv, io, pathlib, subprocess, tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = pathlib.Path(tempfile.gettempdir()) / "undertone-bench"
MODEL = ROOT / "crates/undertone-models/models/default.onnx"
FOLDER.mkdir(exist_ok=True)


def xtask(*arguments):
    command = ["cargo", "run", "--release", "-q", "-p", "xtask", "--", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


def bench(*files):
    """Milliseconds by (what, file, threads), and the audio's seconds by file."""
    rows = list(csv.DictReader(io.StringIO(xtask("bench", *files))))
    times = {(r["what"], r["file"], int(r["threads"])): float(r["milliseconds"]) for r in rows}
    return times, {r["file"]: float(r["seconds"]) for r in rows}


def ffmpeg(*arguments):
    subprocess.run(["ffmpeg", "-v", "error", "-y", *map(str, arguments)], check=True)


def audio(name, seconds, *options):
    """The example repeated to a length, in the format of the name's ending."""
    path = FOLDER / name
    if not path.exists():
        source = ["-stream_loop", "-1", "-i", ROOT / "examples/conversation.wav", "-t", seconds]
        ffmpeg(*source, *options, path)
    return path


def binary():
    subprocess.run(["cargo", "build", "--release", "-q"], cwd=ROOT, check=True)
    target = subprocess.run(["cargo", "metadata", "--format-version", "1", "--no-deps"], cwd=ROOT, check=True,
                            capture_output=True, text=True).stdout
    import json
    return pathlib.Path(json.loads(target)["target_directory"]) / "release/undertone"
