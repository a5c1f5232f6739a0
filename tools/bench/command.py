"""The whole command: time and peak memory of `undertone analyze` and `--help`, and the size of the program."""
import os, statistics, subprocess, time
from ours import audio, binary

undertone = str(binary())


def run(arguments, times):
    """Best and median seconds, and the largest peak memory in MB."""
    seconds, peak = [], 0
    for _ in range(times):
        begin = time.perf_counter()
        child = subprocess.Popen([undertone, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
        seconds.append(time.perf_counter() - begin)
        child.returncode = os.waitstatus_to_exitcode(status)
        assert child.returncode == 0, arguments
        peak = max(peak, usage.ru_maxrss / 1024)
    return min(seconds), statistics.median(seconds), peak


minute = audio("minute.wav", 60)
hour = audio("hour.wav", 3600)
three = audio("three-hours.mp3", 3 * 3600, "-ar", 44100, "-b:a", "64k")
print("| | best s | median s | peak MB |\n|---|---|---|---|")
for name, arguments, times in [
    ("`undertone --help`", ["--help"], 20),
    ("60 s WAV", ["analyze", str(minute), "--json", "--quiet"], 10),
    ("60 s WAV, one thread", ["analyze", str(minute), "--json", "--quiet", "--threads", "1"], 10),
    ("1 h WAV", ["analyze", str(hour), "--json", "--quiet"], 2),
    ("3 h MP3", ["analyze", str(three), "--json", "--quiet"], 1),
]:
    best, median, peak = run(arguments, times)
    print(f"| {name} | {best:.3f} | {median:.3f} | {peak:.0f} |")
print(f"\nThe program: {os.path.getsize(undertone) / 1e6:.1f} MB.")
