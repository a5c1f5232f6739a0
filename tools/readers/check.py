"""Reads what `undertone analyze --format …` wrote, with other people's readers, and compares it with the JSON.

    pip install webvtt-py srt praat-parselmouth pympi-ling pyannote.database
    python tools/readers/check.py FOLDER

FOLDER holds result.json and result.srt, .vtt, .TextGrid, .eaf, .rttm and .txt (Audacity) of one recording. A line says for each reader
`ok`, `skipped` (not installed) or `wrong` and why; the exit status is 1 where anything is wrong.
"""

import json
import sys
from html import unescape
from importlib import import_module
from pathlib import Path


def label(span):
    posterior = dict(span["posterior"])
    neutral, calm = posterior.get("neutral", 0), posterior.get("calm", 0)
    both = neutral + calm
    if 2 * min(neutral, calm) > max(neutral, calm) and both >= max(posterior.values()):
        posterior["neutral"] = both
        del posterior["calm"]
    ranked = sorted(posterior.items(), key=lambda one: -one[1])
    if len(ranked) > 1 and ranked[1][1] >= 0.5 * ranked[0][1]:
        return f"{ranked[0][0]} or {ranked[1][0]}"
    return f"{ranked[0][0]} {100 * ranked[0][1]:.0f} %"


def spoken(span):
    return f"{span['speaker']}: {label(span)}" if span["speaker"] else label(span)


def same(got, want, what):
    """Lists of (start, end, text), times to a millisecond; figures in texts may be rounded the other way."""
    assert len(got) == len(want), f"{what}: {len(got)} for {len(want)}"
    for one, other in zip(got, want):
        assert abs(one[0] - other[0]) < 2e-3 and abs(one[1] - other[1]) < 2e-3, f"{what}: {one} for {other}"
        assert one[2].rstrip("0123456789 %") == other[2].rstrip("0123456789 %"), f"{what}: {one} for {other}"


def captions(spans):
    return [(span["start"], span["end"], spoken(span)) for span in spans]


def by_speaker(spans):
    tiers = {}
    for span in spans:
        tiers.setdefault(span["speaker"] or "speaker 1", []).append((span["start"], span["end"], label(span)))
    return tiers


def srt(module, file, spans, _seconds):
    got = module.parse(file.read_text("utf-8"))
    same([(c.start.total_seconds(), c.end.total_seconds(), c.content) for c in got], captions(spans), "captions")


def seconds_of(stamp):
    hours, minutes, rest = stamp.split(":")
    return 3600 * int(hours) + 60 * int(minutes) + float(rest)


def webvtt(module, file, spans, _seconds):
    got = module.read(str(file))
    # This reader leaves character references as they are.
    cues = [(seconds_of(c.start), seconds_of(c.end), unescape(c.text)) for c in got]
    same(cues, captions(spans), "cues")
    voices = [c.voice and unescape(c.voice) for c in got]
    assert voices == [span["speaker"] for span in spans], voices


def parselmouth(module, file, spans, seconds):
    grid = module.Data.read(str(file))
    call = module.praat.call
    assert abs(call(grid, "Get end time") - seconds) < 2e-3, "the grid does not reach the end"
    tiers = by_speaker(spans)
    assert call(grid, "Get number of tiers") == len(tiers)
    for number in range(1, len(tiers) + 1):
        name, got, at = call(grid, "Get tier name", number), [], 0.0
        for interval in range(1, call(grid, "Get number of intervals", number) + 1):
            start = call(grid, "Get start time of interval", number, interval)
            assert abs(start - at) < 1e-9, f"a gap before {start}"
            at = call(grid, "Get end time of interval", number, interval)
            text = call(grid, "Get label of interval", number, interval)
            if text:
                got.append((start, at, text))
        same(got, tiers[name], f"tier {name}")


def pympi(module, file, spans, _seconds):
    document = module.Elan.Eaf(str(file))
    tiers = by_speaker(spans)
    assert set(document.get_tier_names()) == set(tiers), document.get_tier_names()
    for name, want in tiers.items():
        got = sorted(document.get_annotation_data_for_tier(name))
        same([(one[0] / 1000, one[1] / 1000, one[2]) for one in got], want, f"tier {name}")


def rttm(module, file, spans, _seconds):
    (annotation,) = module.load_rttm(str(file)).values()
    for name, want in by_speaker(spans).items():
        got = annotation.label_timeline(name.replace(" ", "_")).support().duration()
        assert abs(got - sum(end - start for start, end, _ in want)) < 2e-3 * len(want), f"{name}: {got} s"


def audacity(_module, file, spans, _seconds):
    rows = [line.split("\t") for line in file.read_text("utf-8").splitlines()]
    same([(float(start), float(end), text) for start, end, text in rows], captions(spans), "labels")


READERS = [
    ("srt", "srt", srt),
    ("vtt", "webvtt", webvtt),
    ("TextGrid", "parselmouth", parselmouth),
    ("eaf", "pympi", pympi),
    ("rttm", "pyannote.database.util", rttm),
    ("txt", "csv", audacity),
]


def main(folder):
    recording = json.loads((folder / "result.json").read_text("utf-8"))["recordings"][0]
    failed = False
    for extension, name, check in READERS:
        try:
            module = import_module(name)
        except ImportError as error:
            print(f"{extension}: skipped, no {name} ({error})")
            continue
        try:
            check(module, folder / f"result.{extension}", recording["spans"], recording["seconds"])
            print(f"{extension}: ok, read by {name}")
        except Exception as error:  # whatever a reader throws at our file is our fault
            print(f"{extension}: wrong, {name}: {type(error).__name__}: {error}")
            failed = True
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
