"""Speaker adaptation and the prior for a situation: the reference of docs/lab-log/adaptation.md, in numpy. `s` holds the statistics named there.

Per voice (channel or diarized speaker) of a recording, for its windows (or whole clips in `evaluate`):
  Z  [n,512]  (pooled - population.mean) / population.scale
  LA [n,8]    logits of the head for unknown voices (speaker_weight 0): z A + a
  w  [n]      share of new speech in a window, in windows of 2.4 s (a whole clip in `evaluate`: 1)
  asked [8]   which classes compete
"""
import numpy as np
K = 8
EPS, THRESHOLD, SLOPE, TRUST = .2, .3, 10., .3          # composition, gate, gate, interaction (psi is multiplied by TRUST)
ALPHA, MOST, SOON = 16., .5, 3.6                         # prior: windows, largest share of conversation, seconds beyond an utterance
UTTERANCE = 6.                                           # seconds that say nothing about the situation
KAPPA, KAPPA_SCALE = 1.5, 5.                             # as in the metadata
T_ALONE, T_KNOWN = 2.0889294, 1.5120836                  # as in the metadata
CLASSES = "neutral calm happy sad angry fearful disgust surprised".split()
MELD = dict(neutral=6436, happy=2308, sad=1002, angry=1607, fearful=358, disgust=361, surprised=1636)  # all 13,708 utterances
CONVERSATION = np.array([MELD.get(c, 0) for c in CLASSES], float); CONVERSATION /= CONVERSATION.sum()
CONVERSATION[1] = CONVERSATION[0] / 4; CONVERSATION[0] *= .75   # MELD knows no calm: a quarter of its neutral


def softmax(v):
    x = np.exp(v - v.max(-1, keepdims=True))
    return x / x.sum(-1, keepdims=True)


def steady(s, Y, asked, w):
    """How far the recording looks like one mood (80 % one class) rather than like all classes evenly: 0..1."""
    even = asked / asked.sum()
    H = np.array([(1 - EPS) * (np.arange(K) == j) + EPS * even for j in np.where(asked)[0]] + [even])
    n, c, inverse = w.sum(), .5 * (s["mu"] ** 2).sum(1), 1 / s["lam"]
    G, prior = Y @ s["mu"].T - c, np.where(asked, 0, -1e9) + np.log(np.maximum(H, 1e-9))
    off = np.zeros((len(H), Y.shape[1]))
    for _ in range(6):
        r = softmax(G[None] + (prior - off @ s["mu"].T)[:, None])
        off = (w @ Y - np.einsum("n,hnk->hk", w, r) @ s["mu"]) / (inverse + n)
    a = G[None] + (prior - off @ s["mu"].T)[:, None]
    m = a.max(2); lse = m + np.log(np.exp(a - m[..., None]).sum(2))
    square = .5 * ((Y[None] - off[:, None]) ** 2).sum(2)
    E = ((lse - square) * w).sum(1) - .5 * (off ** 2 * inverse).sum(1) - .5 * np.log1p(s["lam"] * n).sum()
    d = (E[:-1].max() - E[-1]) / n
    return 1 / (1 + np.exp(-np.clip(SLOPE * (d - THRESHOLD), -50, 50)))


def offset(s, Y, LA, asked, w):
    """EM: the voice's offset, emotions heard by the head (temperature 1) under an even prior; class means vary by TRUST * psi from voice to voice."""
    off, lp = np.zeros(Y.shape[1]), np.where(asked, 0, -1e9)
    for _ in range(8):
        r = softmax(LA - off @ s["alone"] + lp)
        n = np.maximum(w @ r, 1e-6)[:, None]
        g = 1 / (TRUST * s["psi"] + 1 / n)
        off = (g * ((w[:, None] * r).T @ Y / n - s["mu"])).sum(0) / (1 / s["lam"] + g.sum(0))
    return off


def adapted_logits(s, Z, LA, head_known, asked, w):
    """-> logits [n,8], weight of the known head. head_known(z [n,512]) = z B + b (speaker_mean, speaker_scale do this in the graph)."""
    Y, n = Z @ s["to"], w.sum()
    steadiness, o = steady(s, Y, asked, w), offset(s, Y, LA, asked, w)
    varied = 1 - steadiness
    mean = w @ Z / n
    own = (w[:, None] * (Z - mean) ** 2).sum(0) / n
    scale = np.sqrt((varied * n * own + KAPPA_SCALE) / (varied * n + KAPPA_SCALE))
    known = n / (n + KAPPA)
    weight = varied * known
    # speaker_mean = population.mean + population.scale * (o back); speaker_scale = population.scale * scale
    B = head_known((Z - o @ s["back"]) / scale)
    return (1 - weight) * LA - varied * (1 - known) * (o @ s["alone"]) + weight * B, weight


def situation(seconds):
    c = MOST * seconds ** 2 / (seconds ** 2 + SOON ** 2)
    return (1 - c) / K + c * CONVERSATION


def posterior(logits, weight, asked, w, prior="auto"):
    """-> posteriors [n,8] and the prior used. The prior applies to the calibrated even posterior."""
    even = softmax(np.where(asked, logits, -1e9) / ((1 - weight) * T_ALONE + weight * T_KNOWN))
    n = w.sum(); beyond = max(0., 2.4 * n - UTTERANCE); first = situation(beyond) if isinstance(prior, str) and prior == "auto" else np.ones(K) / K if isinstance(prior, str) and prior == "even" else CONVERSATION if isinstance(prior, str) else np.asarray(prior)
    first = first * asked / (first * asked).sum(); q, m = first, beyond / 2.4
    for _ in range(20 if isinstance(prior, str) and prior == "auto" else 1):
        p = even * q; p /= p.sum(1, keepdims=True)
        if isinstance(prior, str) and prior == "auto":
            q = (ALPHA * first + m / n * (w @ p)) / (ALPHA + m)
    p = even * q
    return p / p.sum(1, keepdims=True), q
