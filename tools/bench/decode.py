"""Decoding and resampling to 16 kHz mono beside ffmpeg, 10 min of stereo."""
import subprocess, time
from ours import audio, bench

FORMATS = {"mp3": ["-ar", 44100, "-ac", 2, "-b:a", "128k"], "m4a": ["-ar", 44100, "-ac", 2, "-b:a", "128k"],
           "opus": ["-ar", 48000, "-ac", 2, "-b:a", "64k"], "flac": ["-ar", 44100, "-ac", 2]}


def ffmpeg(path):
    times = []
    for _ in range(3):
        begin = time.perf_counter()
        subprocess.run(["ffmpeg", "-v", "error", "-threads", "1", "-i", path, "-ac", "1", "-ar", "16000", "-f", "f32le", "-y", "/dev/null"], check=True)
        times.append(time.perf_counter() - begin)
    return 1000 * min(times)


paths = {name: audio(f"ten-minutes.{name}", 600, *options) for name, options in FORMATS.items()}
print("| format | ours ms | ffmpeg ms | ratio | × real time |\n|---|---|---|---|---|")
for name, path in paths.items():
    ours = bench(path)[0]["decode", str(path), 1]
    theirs = ffmpeg(path)
    print(f"| {name} | {ours:.0f} | {theirs:.0f} | {ours / theirs:.2f} | {600_000 / ours:.0f} |")
