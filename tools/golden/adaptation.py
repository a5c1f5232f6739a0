#!/usr/bin/env python3
"""Writes crates/undertone/tests/golden/adaptation.json: small random cases through the reference of speaker adaptation and prior.

numpy 2; python3 tools/golden/adaptation.py > crates/undertone/tests/golden/adaptation.json
"""
import json
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "model"))
import adaptation as reference  # noqa: E402

POOLED, D, K = 6, 3, reference.K


def short(array):
    return [float(f"{x:.6g}") for x in np.asarray(array, float).ravel()]


def rows(array):
    return [short(row) for row in array]


def case(rng, space, head, windows, mood, asked):
    """Windows of one voice: all of class `mood`, or of all classes in turn."""
    k = np.full(windows, mood) if mood is not None else np.arange(windows) % K
    offset = rng.normal(size=D) * np.sqrt(space["lam"]) * .5
    y = space["mu"][k] + offset + rng.normal(size=(windows, D))
    z = np.float32(y @ space["back"] + .1 * rng.normal(size=(windows, POOLED)))
    logits = np.float32(z @ head[0] + rng.normal(size=(windows, K)))
    share = np.float32(np.where(np.arange(windows) % 4 == 0, 1, .25))
    mask = np.isin(reference.CLASSES, asked)
    out, weight = reference.adapted_logits(space, z, logits, lambda v: v @ head[1], mask, share)
    y = z @ space["to"]
    o, steadiness = reference.offset(space, y, logits, mask, share), reference.steady(space, y, mask, share)
    varied, n = 1 - steadiness, share.sum()
    mean = (share @ z) / n
    own = (share[:, None] * (z - mean) ** 2).sum(0) / n
    scale = np.sqrt((varied * n * own + reference.KAPPA_SCALE) / (varied * n + reference.KAPPA_SCALE))
    fixed = [.3, 0, .1, .1, .4, .05, .05, 0]
    priors = {name: reference.posterior(out, weight, mask, share, prior)
              for name, prior in [("auto", "auto"), ("even", "even"), ("conversation", "conversation"), ("given", fixed)]}
    return {
        "asked": asked, "z": rows(z), "logits": rows(logits), "share": short(share),
        "steadiness": float(steadiness), "offset": short(o), "weight": float(weight),
        "shift": short(o @ space["back"]), "scale": short(scale), "adapted": rows(out),
        "known": rows(((z - o @ space["back"]) / scale) @ head[1]),
        "posteriors": {name: rows(p) for name, (p, _) in priors.items()},
        "priors": {name: short(np.broadcast_to(q, K)) for name, (_, q) in priors.items()},
    }


def main():
    rng = np.random.default_rng(22)
    back = rng.normal(size=(D, POOLED))
    heads = [np.float32(rng.normal(size=(POOLED, K))) for _ in range(2)]
    mu = 2 * rng.normal(size=(K, D))
    space = {"to": np.linalg.pinv(back), "back": back, "alone": back @ heads[0], "lam": np.array([6., 2., .5]),
             "psi": np.array([.4, .3, .9]), "mu": mu - mu.mean(0)}
    space = {name: np.float32(value) for name, value in space.items()}
    some = ["neutral", "happy", "sad", "angry", "disgust"]
    cases = [case(rng, space, heads, 24, None, reference.CLASSES), case(rng, space, heads, 24, 4, reference.CLASSES),
             case(rng, space, heads, 1, 2, reference.CLASSES), case(rng, space, heads, 16, None, some)]
    print(json.dumps({
        "space": {"to": short(space["to"]), "back": short(space["back"]), "alone": short(space["alone"]),
                  "between": short(space["lam"]), "class_variance": short(space["psi"]), "class_means": short(space["mu"]),
                  "composition": reference.EPS, "threshold": reference.THRESHOLD, "slope": reference.SLOPE,
                  "trust": reference.TRUST},
        "kappa": reference.KAPPA, "kappa_scale": reference.KAPPA_SCALE,
        "temperature": [reference.T_ALONE, reference.T_KNOWN], "classes": reference.CLASSES, "cases": cases}))


if __name__ == "__main__":
    main()
