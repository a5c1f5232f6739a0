"""Reads what `undertone analyze --format …` wrote, with other people's readers, and compares it with the JSON.

    pip install webvtt-py srt praat-parselmouth praatio textgrid pympi-ling pyannote.database audformat
    python tools/readers/check.py FOLDER

FOLDER holds result.json and result.srt, .vtt, .TextGrid, .eaf, .rttm, .txt (Audacity), .csv, .excel.csv and .audformat.csv of one
recording, which may be one without speech. A line says for each reader `ok`, `skipped` (not installed) or `wrong` and why; the exit
status is 1 where anything is wrong.
"""

import json
import sys
from html import unescape
from importlib import import_module
from pathlib import Path


def ranked(span):
    """The emotions of the label and what follows, calm joined with neutral as labels do."""
    posterior = dict(span["posterior"])
    neutral, calm = posterior.get("neutral", 0), posterior.get("calm", 0)
    both = neutral + calm
    if 2 * min(neutral, calm) > max(neutral, calm) and both >= max(posterior.values()):
        posterior["neutral"] = both
        del posterior["calm"]
    return sorted(posterior.items(), key=lambda one: -one[1])


def emotions(span):
    first, second = [*ranked(span), ("", 0)][:2]
    return f"{first[0]} or {second[0]}" if second[1] >= 0.5 * first[1] else first[0]


def label(span):
    first, second = [*ranked(span), ("", 0)][:2]
    return emotions(span) if second[1] >= 0.5 * first[1] else f"{first[0]} {100 * first[1]:.0f} %"


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
        tiers.setdefault(span["speaker"] or "speaker 1", []).append(span)
    return tiers


def tiers_of(spans):
    """The tiers of a TextGrid or EAF: name to (start, end, text), figures rounded as they are written."""
    tiers = {}
    for name, own in by_speaker(spans).items():
        for kind, text in [
            ("", emotions),
            (" valence", lambda span: f"{span['valence']:.2f}"),
            (" arousal", lambda span: f"{span['arousal']:.2f}"),
            (" posterior", lambda span: max(span["posterior"], key=span["posterior"].get)),
        ]:
            tiers[name + kind] = [(span["start"], span["end"], text(span)) for span in own]
    return tiers


def same_tier(got, want, name):
    """As `same`; of values the figures are compared, of posteriors the most probable emotion, and that they sum to 1."""
    assert len(got) == len(want), f"{name}: {len(got)} for {len(want)}"
    for one, other in zip(got, want):
        assert abs(one[0] - other[0]) < 2e-3 and abs(one[1] - other[1]) < 2e-3, f"{name}: {one} for {other}"
        if name.endswith(" posterior"):
            parts = [part.split(" ") for part in one[2].split(", ")]
            assert parts[0][0] == other[2] and abs(sum(float(p) for _, p in parts) - 1) < 0.05, f"{name}: {one}"
        elif name.endswith((" valence", " arousal")):
            assert abs(float(one[2]) - float(other[2])) < 0.011 and one[2] != "-0.00", f"{name}: {one} for {other}"
        else:
            assert one[2] == other[2], f"{name}: {one} for {other}"


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
    same(cues, [(span["start"], span["end"], label(span)) for span in spans], "cues")
    voices = [c.voice and unescape(c.voice) for c in got]
    assert voices == [span["speaker"] for span in spans], voices


def grid_tiers(got, spans, seconds):
    """Name to intervals (start, end, text), which touch from 0 to the end; without speech there is one empty tier."""
    want = tiers_of(spans) or {"speech": []}
    assert list(got) == list(want), list(got)
    for name, intervals in got.items():
        at = 0.0
        for start, end, _ in intervals:
            assert abs(start - at) < 1e-9, f"a gap before {start}"
            at = end
        assert abs(at - seconds) < 2e-3, "the grid does not reach the end"
        same_tier([interval for interval in intervals if interval[2]], want[name], name)


def parselmouth(module, file, spans, seconds):
    grid = module.Data.read(str(file))
    call = module.praat.call
    got = {}
    for number in range(1, call(grid, "Get number of tiers") + 1):
        intervals = got.setdefault(call(grid, "Get tier name", number), [])
        for interval in range(1, call(grid, "Get number of intervals", number) + 1):
            start = call(grid, "Get start time of interval", number, interval)
            end = call(grid, "Get end time of interval", number, interval)
            intervals.append((start, end, call(grid, "Get label of interval", number, interval)))
    grid_tiers(got, spans, seconds)


def praatio(module, file, spans, seconds):
    grid = module.openTextgrid(str(file), includeEmptyIntervals=True)
    tiers = {name: [tuple(entry) for entry in grid.getTier(name).entries] for name in grid.tierNames}
    grid_tiers(tiers, spans, seconds)


def textgrid(module, file, spans, seconds):
    grid = module.TextGrid.fromFile(str(file))
    tiers = {tier.name: [(one.minTime, one.maxTime, one.mark) for one in tier] for tier in grid.tiers}
    if any('"' in name for name in tiers):
        print("TextGrid: textgrid leaves doubled quotation marks in names as they are")
        return
    grid_tiers(tiers, spans, seconds)


def pympi(module, file, spans, _seconds):
    document = module.Elan.Eaf(str(file))
    tiers = tiers_of(spans)
    if spans:
        assert set(document.get_tier_names()) == set(tiers), document.get_tier_names()
    for name, want in tiers.items():
        got = sorted(document.get_annotation_data_for_tier(name))
        same_tier([(one[0] / 1000, one[1] / 1000, one[2]) for one in got], want, name)


def rttm(module, file, spans, _seconds):
    annotations = list(module.load_rttm(str(file)).values())
    assert len(annotations) == bool(spans), annotations
    for name, own in by_speaker(spans).items():
        got = annotations[0].label_timeline(name.replace(" ", "_")).support().duration()
        assert abs(got - sum(span["end"] - span["start"] for span in own)) < 2e-3 * len(own), f"{name}: {got} s"


def audformat(module, file, spans, _seconds):
    table = module.utils.read_csv(str(file), as_dataframe=True)
    module.assert_index(table.index)
    assert module.index_type(table.index) == "segmented"
    assert list(table["predicted"]) == [span["emotion"] for span in spans]
    for ((_, start, end), row), span in zip(table.iterrows(), spans):
        assert abs(start.total_seconds() - span["start"]) < 2e-3 and abs(end.total_seconds() - span["end"]) < 2e-3
        for emotion, p in span["posterior"].items():
            assert abs(row[emotion] - p) < 1e-4, f"{emotion}: {row[emotion]} for {p}"


def rows_of(file, delimiter, encoding):
    import csv

    with file.open(encoding=encoding, newline="") as lines:
        return list(csv.DictReader(lines, delimiter=delimiter))


def same_rows(rows, spans, figure):
    if not spans:
        (row,) = rows
        assert row["status"] == "no-speech" and row["message"] and row["path"] and not row["start"], row
        return
    assert len(rows) == len(spans)
    for row, span in zip(rows, spans):
        assert row["status"] == "ok" and row["speaker"] == (span["speaker"] or ""), row
        assert abs(figure(row["start"]) - span["start"]) < 2e-3 and abs(figure(row["valence"]) - span["valence"]) < 2e-3


def table(_module, file, spans, _seconds):
    same_rows(rows_of(file, ",", "utf-8"), spans, float)


def excel(_module, file, spans, _seconds):
    assert file.read_bytes().startswith(b"\xef\xbb\xbf")
    same_rows(rows_of(file, ";", "utf-8-sig"), spans, lambda text: float(text.replace(",", ".")))


def audacity(_module, file, spans, _seconds):
    rows = [line.split("\t") for line in file.read_text("utf-8").splitlines()]
    same([(float(start), float(end), text) for start, end, text in rows], captions(spans), "labels")


READERS = [
    ("srt", "srt", srt),
    ("vtt", "webvtt", webvtt),
    ("TextGrid", "parselmouth", parselmouth),
    ("TextGrid", "praatio.textgrid", praatio),
    ("TextGrid", "textgrid", textgrid),
    ("eaf", "pympi", pympi),
    ("rttm", "pyannote.database.util", rttm),
    ("txt", "csv", audacity),
    ("csv", "csv", table),
    ("excel.csv", "csv", excel),
    ("audformat.csv", "audformat", audformat),
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
