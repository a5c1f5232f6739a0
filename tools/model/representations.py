"""Compares three input representations on the same folds, and their fusion: trains what is not trained yet, scores clips clean and
corrupted, and writes the figures into docs/lab-log/roads.md (between its markers) and docs/lab-log/plots/.

    python3 tools/model/representations.py [--folds 1,2,3,4,5,6] [--epochs 24] [--out runs/representations] [--corpora DIR] [--report]

Everything is kept in the folder and nothing is done twice; an interrupted run resumes. --report only writes the page from what is there.
Needs target/release/undertone and undertone-train (cargo build --release --workspace).
"""
import argparse, csv, json, math, os, re, subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROTOCOL = "emobox-ravdess"
CORRUPTIONS = ["white:10", "babble:10", "g711", "reverb:0.6"]
CONDITIONS = ["unadapted", "adapted-all"]
NETWORKS = ["spectrogram", "waveform"]
CLASSICAL = "prosody-linear"
SYSTEMS = NETWORKS + [CLASSICAL]
NAMES = {
    "spectrogram": "spectrogram", "waveform": "waveform", "prosody-linear": "prosody", "prosody-svm": "prosody, support vectors",
    "spectrogram+waveform": "spectrogram + waveform", "spectrogram+prosody-linear": "spectrogram + prosody",
    "waveform+prosody-linear": "waveform + prosody", "spectrogram+waveform+prosody-linear": "all three",
}
FUSIONS = [["spectrogram", "waveform"], ["spectrogram", CLASSICAL], ["waveform", CLASSICAL], SYSTEMS]
# The same for both networks: no degraded copies and no other pace (the waveform network has neither) and no teacher.
RECIPE = "crop_seconds = 3.0\ndegraded_copies = 0\ndegraded = 0.0\npace = 0.0\nfront_end = '{}'\nepochs = {}\n"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folds", default="1,2,3,4,5,6")
    parser.add_argument("--epochs", type=int, default=24)
    parser.add_argument("--out", type=Path, default=ROOT / "runs/representations")
    parser.add_argument("--corpora", default=os.environ.get("UNDERTONE_CORPORA"))
    parser.add_argument("--report", action="store_true")
    typed = parser.parse_args()
    typed.folds = [int(fold) for fold in typed.folds.split(",")]
    if not typed.corpora and not typed.report:
        parser.error("name the folder of the corpora: --corpora DIR, or UNDERTONE_CORPORA")
    return typed


def program(name):
    return str(ROOT / "target/release" / name)


def run(*command):
    subprocess.run([str(part) for part in command], check=True)


def evaluate(*options):
    command = [program("undertone"), "evaluate", *map(str, options), "--json"]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def train_networks(typed):
    """fold-<k>/ below out/<network>, each with model.onnx; `undertone-train cv` resumes an interrupted run."""
    typed.out.mkdir(parents=True, exist_ok=True)
    for network in NETWORKS:
        recipe = typed.out / f"{network}.toml"
        recipe.write_text(RECIPE.format(network, typed.epochs))
        run(program("undertone-train"), "cv", "--protocol", PROTOCOL, "--corpora", typed.corpora, "--config", recipe, "--folds",
            ",".join(map(str, typed.folds)), "--out", typed.out / network, "--cache", typed.out / f"{network}.features")


def score_networks(typed):
    """Predictions of every fold's test clips, clean and corrupted, by the exported file."""
    for network in NETWORKS:
        for fold in typed.folds:
            folder = typed.out / network / f"fold-{fold}"
            if (folder / "corrupted").exists():
                continue
            evaluate("--protocol", PROTOCOL, "--fold", fold, "--corpora", typed.corpora, "--model", folder / "model.onnx",
                     "--condition", ",".join(CONDITIONS), "--corrupt", ",".join(CORRUPTIONS), "--save", folder / "corrupted.part")
            (folder / "corrupted.part").rename(folder / "corrupted")


def score_classical(typed):
    """The classical systems do all folds at once; what is learned from is always clean."""
    if (typed.out / "classical").exists():
        return
    run(program("undertone-train"), "reference", "--protocol", PROTOCOL, "--corpora", typed.corpora, "--corrupt",
        ",".join(CORRUPTIONS), "--out", typed.out / "classical.part")
    (typed.out / "classical.part").rename(typed.out / "classical")


def suffix(corruption):
    return "" if corruption == "clean" else "." + corruption.replace(":", "-")


def joined(typed, system, condition, corruption):
    """One predictions file of the chosen folds, or none where a fold is not there."""
    name = f"{PROTOCOL}.{{}}{condition}{suffix(corruption)}.csv"
    if system in NETWORKS:
        parts = [typed.out / system / f"fold-{fold}" / "corrupted" / name.format("") for fold in typed.folds]
    else:
        parts = [typed.out / "classical" / name.format(system + ".")]
    if not all(part.exists() for part in parts):
        return None
    rows = [row for part in parts for row in csv.DictReader(part.open())]
    rows = [row for row in rows if int(row["fold"]) in typed.folds]
    path = typed.out / "joined" / f"{condition}{suffix(corruption)}" / f"{system}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    return path


def measure(typed):
    """UAR with its interval by (system, condition, corruption); a fusion's system is its parts joined by +."""
    figures = {}
    for condition in CONDITIONS:
        for corruption in ["clean", *CORRUPTIONS]:
            files = {system: joined(typed, system, condition, corruption) for system in [*SYSTEMS, "prosody-svm"]}
            files = {system: path for system, path in files.items() if path}
            if files:
                for one in evaluate(*files.values()):
                    figures[one["name"], condition, corruption] = one
            for parts in FUSIONS:
                if all(part in files for part in parts):
                    fused = evaluate("--fuse", *(files[part] for part in parts))[-1]
                    figures["+".join(parts), condition, corruption] = fused
    return figures


def percent(one):
    low, high = one["uar"]["interval"]
    return f"{100 * one['uar_of_folds']:.1f} [{100 * low:.1f}, {100 * high:.1f}]"


def table(figures, systems):
    """A row a system, a column a corruption, a table a condition; a dash where nothing was measured."""
    lines = []
    for condition in CONDITIONS:
        lines += [f"\n**{condition}**\n", "| | clean | " + " | ".join(CORRUPTIONS) + " |", "|---" * (2 + len(CORRUPTIONS)) + "|"]
        for system in systems:
            cells = [figures.get((system, condition, corruption)) for corruption in ["clean", *CORRUPTIONS]]
            lines.append(f"| {NAMES[system]} | " + " | ".join(percent(one) if one else "–" for one in cells) + " |")
    return "\n".join(lines)


def differences(typed):
    """What `undertone evaluate a b` says of two systems on the same clips."""
    lines = []
    for condition in CONDITIONS:
        for a, b in [("spectrogram", "waveform"), (CLASSICAL, "spectrogram")]:
            files = [typed.out / "joined" / condition / f"{system}.csv" for system in (a, b)]
            if all(file.exists() for file in files):
                command = [program("undertone"), "evaluate", *map(str, files)]
                said = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip().splitlines()[-1]
                lines.append(f"- {condition}: {said}")
    return "\n".join(lines)


def cost(typed):
    """Trained parameters, multiplications a second of audio, and how long a step of the training took."""
    # Layers: outputs a second × multiplications each; 100 frames a second, 50 and 25 after strides.
    stem = lambda maps: 50 * 32 * 25 * maps + 50 * 16 * 9 * maps * 2 * maps + 25 * 8 * 9 * (2 * maps) ** 2
    trunk = stem(16) + stem(8) + 25 * (384 * 192 + 4 * 4 * 192 * 192 + 768 * 256 + 2 * 256 * 64)
    # A real transform of n points by a complex one of half the length (radix 2), window and powers.
    transform = lambda n, window: n * int(math.log2(n / 2)) + 2 * n + window + n
    low = 33 * 4000
    spectrogram = 100 * (transform(512, 400) + transform(1024, 256) + 1000) + low
    bank = 100 * 64 * 4 * (400 + 256) + low
    # Pitch alone: 320 samples against every lag from 60 to 500 Hz at 8 kHz.
    prosody = 100 * 320 * 118
    rows = {"spectrogram": spectrogram + trunk, "waveform": bank + trunk, CLASSICAL: prosody}
    lines = ["| | trained parameters | million multiplications a second, of which the front end | ms a training step |", "|---|---|---|---|"]
    for system in SYSTEMS:
        parameters, step = "–", "–"
        models = sorted(typed.out.glob(f"{system}/fold-*/model.onnx"))
        if models:
            command = [program("undertone"), "model", "info", "--model", str(models[0])]
            said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            parameters = format(int(re.search(r"(\d+) parameters", said)[1]), ",")
        elif system == CLASSICAL:
            parameters = f"{8 * 121:,}"
        for log in sorted(typed.out.glob(f"{system}/fold-*/log.csv")):
            seconds = min(float(row["seconds"]) for row in csv.DictReader(log.open()))
            clips = sum(corpus["clips"] for corpus in json.loads((log.parent / "result.json").read_text())["corpora"])
            step = f"{1000 * seconds / (clips // 64):.0f}"
            break
        front = {"spectrogram": spectrogram, "waveform": bank, CLASSICAL: prosody}[system]
        lines.append(f"| {NAMES[system]} | {parameters} | {rows[system] / 1e6:.1f}, {front / 1e6:.1f} | {step} |")
    return "\n".join(lines)


def text(x, y, words, anchor="middle", size=12):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}">{words}</text>'


def svg(width, height, parts):
    style = 'font-family="sans-serif" fill="#222"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" {style}>'
    return "\n".join([head, f'<rect width="{width}" height="{height}" fill="#fff"/>', *parts, "</svg>\n"])


def axis(top, bottom, left, right):
    """Lines of 0 to 100 %, and where a percentage stands."""
    at = lambda share: bottom - (bottom - top) * share
    lines = []
    for tenth in range(0, 11, 2):
        y = at(tenth / 10)
        lines += [f'<path d="M{left} {y:.1f}H{right}" stroke="#ddd"/>', text(left - 6, y + 4, str(10 * tenth), "end")]
    return at, lines


COLOURS = ["#1b6ca8", "#d1495b", "#6a994e", "#8a6fb0", "#b08968", "#577590", "#333333"]


def bars(figures, systems):
    """UAR of clean clips with intervals over speakers: unadapted dark, with a speaker adaptation light."""
    width, height, left, bottom = 120 + 110 * len(systems), 330, 50, 260
    at, parts = axis(30, bottom, left, width - 20)
    for place, system in enumerate(systems):
        for side, condition in enumerate(CONDITIONS):
            one = figures.get((system, condition, "clean"))
            if one:
                x, (low, high) = left + 25 + 110 * place + 36 * side, one["uar"]["interval"]
                top = at(one["uar_of_folds"])
                fill = COLOURS[place % len(COLOURS)]
                parts += [f'<rect x="{x}" y="{top:.1f}" width="32" height="{bottom - top:.1f}" fill="{fill}" opacity="{1 - 0.45 * side}"/>',
                          f'<path d="M{x + 16} {at(low):.1f}V{at(high):.1f}" stroke="#222" stroke-width="2"/>',
                          text(x + 16, bottom + 14, f"{100 * one['uar_of_folds']:.1f}", size=11)]
        for line, words in enumerate(NAMES[system].split(" + ")):
            parts.append(text(left + 60 + 110 * place, bottom + 34 + 14 * line, ("+ " if line else "") + words))
    parts.append(text(left, 18, "UAR in percent, clean; dark: each clip alone, light: with the speaker's adaptation; lines: 95 % over speakers", "start"))
    return svg(width, height, parts)


def lines(figures, systems):
    """UAR of unadapted predictions, corruption by corruption."""
    places, left, bottom, width = ["clean", *CORRUPTIONS], 50, 260, 760
    at, parts = axis(30, bottom, left, width - 190)
    x = lambda place: left + 40 + 110 * place
    for place, corruption in enumerate(places):
        parts.append(text(x(place), bottom + 18, corruption))
    ends = []
    for number, system in enumerate(systems):
        got = [(x(place), at(one["uar_of_folds"])) for place, corruption in enumerate(places)
               if (one := figures.get((system, "unadapted", corruption)))]
        if got:
            colour = COLOURS[number % len(COLOURS)]
            parts.append(f'<polyline points="{" ".join(f"{a:.1f},{b:.1f}" for a, b in got)}" fill="none" stroke="{colour}" stroke-width="2"/>')
            parts += [f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3.5" fill="{colour}"/>' for a, b in got]
            ends.append((got[-1][1], system, colour))
    y = -1e9
    for end, system, colour in sorted(ends):
        y = max(end, y + 15)
        parts += [f'<rect x="{width - 182}" y="{y - 6:.1f}" width="10" height="10" fill="{colour}"/>', text(width - 166, y + 4, NAMES[system], "start")]
    parts.append(text(left, 18, "UAR in percent, each clip alone", "start"))
    return svg(width, 300, parts)


def write(typed, figures):
    page = ROOT / "docs/lab-log/roads.md"
    systems = [*SYSTEMS, "prosody-svm", *("+".join(parts) for parts in FUSIONS)]
    there = [system for system in systems if (system, "unadapted", "clean") in figures]
    missing = [NAMES[system] for system in systems if system not in there]
    said = [f"Folds {', '.join(map(str, typed.folds))} of `{PROTOCOL}`, {typed.epochs} epochs; UAR in percent, mean of the folds, with its 95 % interval over speakers."]
    if missing:
        said.append(f"Not measured yet: {'; '.join(missing)}.")
    said += [table(figures, systems), "", differences(typed)] if there else []
    said += ["", cost(typed)]
    plots = page.parent / "plots"
    plots.mkdir(exist_ok=True)
    if there:
        shown = [system for system in there if system != "prosody-svm"]
        (plots / "roads.svg").write_text(bars(figures, shown))
        (plots / "roads-spoiled.svg").write_text(lines(figures, shown))
        said += ["", "![UAR of clean clips](plots/roads.svg)", "", "![UAR of corrupted clips](plots/roads-spoiled.svg)"]
    begin, end = "<!-- figures -->", "<!-- /figures -->"
    before, rest = page.read_text().split(begin)
    after = rest.split(end)[1]
    body = re.sub(r"\n{3,}", "\n\n", "\n".join(said)).strip()
    page.write_text(f"{before}{begin}\n\n{body}\n\n{end}{after}")


typed = arguments()
if not typed.report:
    score_classical(typed)
    train_networks(typed)
    score_networks(typed)
write(typed, measure(typed))
