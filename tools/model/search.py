"""One trial of the search for a recipe: trains it on joint fold 1 with the next fold held out too, scores that one (dev speakers; the
test fold stays untouched), and adds a row to the last section of docs/lab-log/experiments.md with the git revision that made it.

    python3 tools/model/search.py NAME RECIPE.toml [EPOCHS] [-- options of `undertone-train cv`, e.g. --teacher DIR --cache FILE]

The trainer is built from the checkout first. A trial of code that is not committed is refused: nobody could make it again.
"""
import json, os, subprocess, sys, time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/lab-log/experiments.md"
CORPORA = ["ravdess", "ravdess_song", "savee", "cremad"]
HEADING = "## Trials by `tools/model/search.py`"
INTRODUCTION = f"""
{HEADING}

One row per trial, the newest last. UAR in percent on the dev speakers of joint fold 1, *unadapted* and with `adapted-all`; *mean* is over
the speech corpora. The recipe holds what differs from the defaults of `undertone_train::train::config::Config` at that revision.

| trial | revision | recipe | options | epochs | minutes |{" RAVDESS | song | SAVEE | CREMA-D | mean |" * 2}
|{"---|" * 16}
"""


def git(*arguments):
    return subprocess.run(["git", "-C", ROOT, *arguments], capture_output=True, text=True, check=True).stdout.strip()


def revision():
    changed = git("status", "--porcelain", "--", "crates", "Cargo.toml", "Cargo.lock")
    if changed:
        sys.exit(f"commit the trial's code first (on a branch of its own, if it may fail):\n{changed}")
    return git("rev-parse", "--short=12", "HEAD")


def figures(score):
    """UAR of each corpus, and the mean over those of speech."""
    uar = score["uar"]
    speech = [uar[c] for c in CORPORA if c in uar and c != "ravdess_song"]
    cells = [f"{100 * uar[c]:.1f}" if c in uar else "–" for c in CORPORA]
    return " | ".join(cells + [f"**{100 * sum(speech) / len(speech):.1f}**"])


def add(page, row):
    """Appends a row to the trials' section, which is begun where it is missing."""
    text = page.read_text().rstrip("\n") + "\n"
    if HEADING not in text:
        text += INTRODUCTION
    before, trials = text.split(HEADING)
    lines = trials.splitlines(keepends=True)
    last = max(i for i, line in enumerate(lines) if line.startswith("|"))
    lines.insert(last + 1, row)
    part = page.with_suffix(".part")
    part.write_text(before + HEADING + "".join(lines))
    part.replace(page)


def main():
    own, options = sys.argv[1:], []
    if "--" in own:
        own, options = own[:own.index("--")], own[own.index("--") + 1:]
    if len(own) not in (2, 3):
        sys.exit(__doc__)
    name, recipe, epochs = own[0], Path(own[1]), own[2] if len(own) > 2 else "12"
    made_by = revision()
    trainer = os.environ.get("UNDERTONE_TRAIN")
    if trainer is None:
        subprocess.run(["cargo", "build", "--release", "-p", "undertone-train"], cwd=ROOT, check=True)
        trainer = ROOT / "target/release/undertone-train"
    out = Path("runs/search") / name
    begin = time.time()
    command = [trainer, "cv", "--protocol", "joint", "--extra", "ravdess_song", "--folds", "1", "--dev", "--out", out, "--config", recipe, "--epochs", epochs, *options]
    if subprocess.run(command).returncode != 0:
        sys.exit(f"{name}: the training ended with an error")
    result = json.loads((out / "fold-1" / "result.json").read_text())
    lines = [line.split("#")[0].strip() for line in recipe.read_text().splitlines()]
    text = " ".join(line for line in lines if line) or "defaults"
    minutes = (time.time() - begin) / 60
    given = f"`{' '.join(options)}`" if options else "–"
    row = f"| {name} | {made_by} | `{text}` | {given} | {epochs} | {minutes:.0f} | {figures(result['unadapted'])} | {figures(result['adapted'])} |\n"
    add(PAGE, row)
    print(row, end="")


if __name__ == "__main__":
    main()
