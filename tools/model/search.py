"""One trial of the search for a recipe: trains it on joint fold 1 with the next fold held out too, scores that one (dev speakers;
the test fold stays untouched), and adds a line to docs/experiments.md.

    python3 tools/model/search.py NAME RECIPE.toml [EPOCHS] [-- options of `undertone-train cv`, e.g. --teacher DIR --cache FILE]
"""
import json, os, subprocess, sys, time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CORPORA = ["ravdess", "ravdess_song", "savee", "cremad"]

own, options = sys.argv[1:], []
if "--" in own:
    own, options = own[:own.index("--")], own[own.index("--") + 1:]
name, recipe = own[0], Path(own[1])
epochs = own[2] if len(own) > 2 else "12"
trainer = os.environ.get("UNDERTONE_TRAIN", ROOT / "target/release/undertone-train")
out = Path("runs/search") / name
begin = time.time()
command = [trainer, "cv", "--protocol", "joint", "--extra", "ravdess_song", "--folds", "1", "--dev", "--out", out, "--config", recipe, "--epochs", epochs, *options]
if subprocess.run(command).returncode != 0:
    sys.exit(f"{name}: the training ended with an error")
result = json.loads((out / "fold-1" / "result.json").read_text())


def figures(score):
    uar = score["uar"]
    speech = [uar[c] for c in CORPORA if c in uar and c != "ravdess_song"]
    cells = [f"{100 * uar[c]:.1f}" if c in uar else "–" for c in CORPORA]
    return " | ".join(cells + [f"**{100 * sum(speech) / len(speech):.1f}**"])


text = " ".join(line.split("#")[0].strip() for line in recipe.read_text().splitlines() if line.split("#")[0].strip())
minutes = (time.time() - begin) / 60
row = f"| {name} | `{text}` | {epochs} | {minutes:.0f} | {figures(result['unadapted'])} | {figures(result['baseline'])} |\n"
page = ROOT / "docs/experiments.md"
lines = page.read_text().splitlines(keepends=True)
last = max(i for i, line in enumerate(lines) if line.startswith("| "))
page.write_text("".join(lines[:last + 1] + [row] + lines[last + 1:]))
print(row, end="")
