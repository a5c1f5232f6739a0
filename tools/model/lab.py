"""The recipe in PyTorch, for many trials in a few minutes on a GPU: the trainer's own features, the same network, crops, losses, memory of
speakers and heads fitted anew, as CUDA graphs, several trainings side by side. What wins here is trained, and measured, by the trainer.

    cargo run --release -p xtask --features train -- clips CORPORA > clips.tsv
    python3 tools/model/lab.py FEATURES clips.tsv OUT [SECONDS]     # FEATURES: the file of `undertone-train cv --protocol joint --extra ravdess_song --cache`
    python3 tools/model/lab.py smoke clips.tsv                      # whether graphs are captured, and their pace, on random features

Dev speakers are those of `cv --folds 1 --dev`; a line a trial (UAR of RAVDESS, SAVEE, CREMA-D and song; other voices added as powers at 10 dB), log posteriors in OUT/rows.npz.
On a CPU, without graphs, the first epoch's losses are the trainer's (cross-entropy 1.86, distillation .94; there 1.88 to 1.90, .92 to .93).
"""
import json, math, struct, sys, time
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

DEV = "cuda" if torch.cuda.is_available() else "cpu"
torch.backends.cuda.matmul.allow_tf32 = True
torch.backends.cudnn.allow_tf32 = True
torch.backends.cudnn.benchmark = True
BANDS, ROWS, CROP, STRIDE = 64, 128, 200, 4
SILENCE, NATURAL = math.log(1e-6), math.log(10) / 10
FEW = [1, 2, 3, 5, 8, 12, 20, 40, 80]
DEFAULT = dict(mel_maps=16, pitch_maps=8, width=192, frames=256, attention=64, dilations=[1, 2, 3, 4], dropout=.4, epochs=20, batch=64, lr=2e-3, wd=.05,
               clip=5., average=.998, votes=.3, smoothing=.05, intensity=1., speaker=1., distil=16., mixup=.3, kappa=1.5, own=.6, degraded=.4, distance=.5,
               voice=.7, pace=.5, babble=0., contrast=0., adv_speaker=0., adv_corpus=0., mask=1., draw=dict(savee=3., ravdess=1.5, tess=.6), crop=200, fold=6, seed=0,
               teacher="all")


class Data:
    def __init__(self, mat, clips):
        f = open(mat, "rb")
        n, = struct.unpack("<Q", f.read(8))
        h = json.loads(f.read(n))
        last = h["places"][-1]
        frames, tf, w = last["view"] + last["frames"], last["teacher"] + last["teacher_frames"], h["teacher_width"]
        read = lambda count: torch.from_numpy(np.fromfile(f, np.float16, count))
        if DEV == "cuda":
            self.copies = torch.empty(h["copies"], frames, ROWS, dtype=torch.float16, device=DEV)
            for c in range(h["copies"]):
                self.copies[c] = read(frames * ROWS).view(frames, ROWS).to(DEV)
            self.teacher = read(tf * w).view(tf, w).to(DEV)
        else:
            m = np.memmap(mat, np.float16, "r", 8 + n)
            self.copies = torch.from_numpy(m[:h["copies"] * frames * ROWS].reshape(h["copies"], frames, ROWS))
            self.teacher = torch.from_numpy(m[h["copies"] * frames * ROWS:][:tf * w].reshape(tf, w))
        self.places(*([p[key] for p in h["places"]] for key in ["view", "frames", "teacher", "teacher_frames"]))
        self.read(clips)

    def places(self, *columns):
        self.view, self.frames, self.tstart, self.tframes = (torch.tensor(c, dtype=torch.long, device=DEV) for c in columns)

    def read(self, clips):
        """What is said of the clips, from the table that `xtask clips` writes."""
        rows = [line.rstrip("\n").split("\t") for line in open(clips)]
        assert len(rows) == len(self.view), "the table is of other clips than the features"
        long = lambda x: torch.tensor(x, dtype=torch.long, device=DEV)
        fl = lambda x: torch.tensor(x, dtype=torch.float32, device=DEV)
        self.corpora = sorted({r[0] for r in rows})
        self.corpus_name = [r[0] for r in rows]
        self.corpus = long([self.corpora.index(r[0]) for r in rows])
        keys = [r[0] + " " + r[2] for r in rows]
        names = sorted(set(keys))
        self.speaker = long([names.index(k) for k in keys])
        self.speakers = len(names)
        self.emotion = long([int(r[3]) for r in rows])
        self.known = fl([[float(x) for x in r[4].split()] for r in rows])
        intensity = fl([float(r[5]) for r in rows])
        self.has = (intensity >= 0).float()
        self.intensity = intensity.clamp_min(0)
        self.votes = fl([[float(x) for x in r[6].split()] if r[6] else [0.] * 8 for r in rows])
        self.voted = (self.votes.sum(1) > 0)
        self.roles = np.array([[int(x) for x in r[7].split()] for r in rows])
        self.sung = fl([float(r[0].endswith("_song")) for r in rows])

    def target(self, votes, smoothing):
        t = F.one_hot(self.emotion, 8).float()
        t = torch.where(self.voted[:, None], (1 - votes) * t + votes * self.votes, t)
        return (1 - smoothing) * t + smoothing * self.known / self.known.sum(1, keepdim=True)


class Layer(nn.Module):
    def __init__(self, i, o, k, stride=(1, 1), dilation=1, relu=True):
        super().__init__()
        self.w = nn.Parameter(torch.randn(o, i, *k) * math.sqrt(2 / (i * k[0] * k[1])))
        self.g, self.b = nn.Parameter(torch.ones(o)), nn.Parameter(torch.zeros(o))
        self.register_buffer("m", torch.zeros(o))
        self.register_buffer("v", torch.ones(o))
        self.stride, self.dil, self.relu = stride, dilation, relu
        self.pad = (dilation * (k[0] // 2), k[1] // 2)

    def forward(self, x, mask=None):
        x = F.conv2d(x, self.w, None, self.stride, self.pad, (self.dil, 1))
        x = F.batch_norm(x, self.m, self.v, self.g, self.b, self.training, .01, 1e-5)
        x = F.relu(x) if self.relu else x
        return x if mask is None else x * mask


def masks(lengths, time):
    return (torch.arange(time, device=lengths.device)[None] < lengths[:, None]).float()[:, None, :, None]


class Net(nn.Module):
    def __init__(self, c, teacher):
        super().__init__()
        stem = lambda m: nn.ModuleList([Layer(1, m, (5, 5), (2, 2)), Layer(m, 2 * m, (3, 3), (1, 2)), Layer(2 * m, 2 * m, (3, 3), (2, 2))])
        self.mel, self.pitch = stem(c["mel_maps"]), stem(c["pitch_maps"])
        w, fr = c["width"], c["frames"]
        self.mix = Layer(BANDS // 8 * 2 * (c["mel_maps"] + c["pitch_maps"]), w, (1, 1))
        self.blocks = nn.ModuleList([nn.ModuleList([Layer(w, w, (3, 1), dilation=d), Layer(w, w, (1, 1), relu=False)]) for d in c["dilations"]])
        self.out = Layer(len(c["dilations"]) * w, fr, (1, 1))
        self.ain, self.aout = nn.Linear(fr, c["attention"]), nn.Linear(c["attention"], fr)
        self.distil = nn.Linear(fr, teacher)
        self.head, self.shead = nn.Linear(2 * fr, 9), nn.Linear(2 * fr, 9)
        self.register_buffer("pm", torch.zeros(2 * fr))
        self.register_buffer("ps", torch.ones(2 * fr))

    def trunk(self, x, lengths=None):
        t = x.shape[1]
        m0 = m1 = m2 = None
        if lengths is not None:
            l1 = (lengths + 1) // 2
            l2 = (l1 + 1) // 2
            m0, m1, m2 = masks(lengths, t), masks(l1, (t + 1) // 2), masks(l2, ((t + 1) // 2 + 1) // 2)
        def stem(layers, v):
            v = v[:, None]
            for layer, m in zip(layers, (m1, m1, m2)):
                v = layer(v, m)
            b, ch, t, f = v.shape
            return v.permute(0, 1, 3, 2).reshape(b, ch * f, t, 1)
        x = torch.cat([stem(self.mel, x[..., :BANDS]), stem(self.pitch, x[..., BANDS:])], 1)
        x = self.mix(x, m2)
        outs = []
        for wide, point in self.blocks:
            x = F.relu(x + point(wide(x, m2), m2))
            outs.append(x)
        return self.out(torch.cat(outs, 1), m2).squeeze(3).transpose(1, 2), m2

    def pool(self, f, mask=None):
        a = self.aout(torch.tanh(self.ain(f)))
        if mask is not None:
            a = a.masked_fill(mask[:, 0, :] < .5, -1e9)
        a = a.softmax(1)
        mean = (a * f).sum(1)
        return torch.cat([mean, ((a * f * f).sum(1) - mean * mean).clamp_min(1e-5).sqrt()], 1)


class Reverse(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, k):
        ctx.k = k
        return x.clone()
    @staticmethod
    def backward(ctx, g):
        return -ctx.k * g, None


def cross_entropy(logits, target, known):
    return -(F.log_softmax(logits + (known - 1) * 1e4, 1) * target).sum() / len(logits)


class Trainer:
    def __init__(self, data, name, **changes):
        self.c = c = {**DEFAULT, **changes}
        self.d, self.name = data, name
        torch.manual_seed(c["seed"] + 1)
        self.rng = np.random.default_rng(c["seed"] + 1)
        role = data.roles[:, c["fold"]]
        self.learned = torch.tensor(np.flatnonzero(role == 1), device=DEV)
        self.dev = torch.tensor(np.flatnonzero(role == 2), device=DEV)
        self.tcols = {"all": slice(0, data.teacher.shape[1]), "moonshine": slice(0, 576), "detector": slice(576, None)}[c["teacher"]]
        self.twidth = len(range(*self.tcols.indices(data.teacher.shape[1])))
        self.measure()
        self.net = Net(c, self.twidth).to(DEV).train()
        self.slow = Net(c, self.twidth).to(DEV).eval()
        self.slow.load_state_dict(self.net.state_dict())
        self.P = 2 * c["frames"]
        extra = []
        if c["contrast"]:
            self.project = nn.Linear(self.P, 128).to(DEV); extra.append(self.project)
        if c["adv_speaker"]:
            self.guess = nn.Sequential(nn.Linear(self.P, 256), nn.ReLU(), nn.Linear(256, data.speakers)).to(DEV); extra.append(self.guess)
        if c["adv_corpus"]:
            self.guess_c = nn.Sequential(nn.Linear(self.P, 128), nn.ReLU(), nn.Linear(128, len(data.corpora))).to(DEV); extra.append(self.guess_c)
        self.params = [p for m in [self.net, *extra] for p in m.parameters()]
        self.m1, self.m2 = [torch.zeros_like(p) for p in self.params], [torch.zeros_like(p) for p in self.params]
        own, slow = self.net.state_dict(), self.slow.state_dict()
        self.fast_list, self.slow_list = [own[k] for k in own], [slow[k] for k in own]
        # speakers
        members = [[] for _ in range(data.speakers)]
        for i, s in zip(self.learned.tolist(), data.speaker[self.learned].tolist()):
            members[s].append(i)
        most = max(map(len, members))
        table = torch.full((data.speakers, most), -1, dtype=torch.long)
        for s, m in enumerate(members):
            table[s, :len(m)] = torch.tensor(m, dtype=torch.long)
        self.table = table.to(DEV)
        self.inpool = self.table >= 0
        self.isneutral = self.inpool & (data.emotion[self.table.clamp_min(0)] == 0)
        self.mem = torch.zeros(len(data.corpus_name), self.P, device=DEV)
        self.seen = torch.zeros(len(data.corpus_name), device=DEV)
        self.offset = torch.zeros(self.P, device=DEV)
        weights = torch.tensor([c["draw"].get(n, 1.) for n in data.corpus_name], device=DEV)[self.learned]
        self.cdf = torch.cumsum(weights.double(), 0)
        self.cdf = (self.cdf / self.cdf[-1]).float()
        self.target = data.target(c["votes"], c["smoothing"])
        self.steps = max(len(self.learned) // c["batch"], 1)
        total = self.steps * c["epochs"]
        at = np.arange(total)
        lr = c["lr"] * np.minimum((at + 1) / self.steps, 1) * .5 * (1 + np.cos(np.pi * at / total))
        keep = np.minimum(c["average"], at / (at + 50))
        part = self.rng.beta(.4, .4, total)
        self.mixed = self.rng.random(total) < c["mixup"]
        rate = np.where(at < 50, .2, .01)
        self.tables = torch.tensor(np.stack([lr, 1 - keep, part, rate, 1 - .9 ** (at + 1), 1 - .999 ** (at + 1)], 1), dtype=torch.float32, device=DEV)
        self.at = torch.zeros((), dtype=torch.long, device=DEV)
        self.sums = torch.zeros(4, device=DEV)
        self.done, self.total = 0, total
        self.graphs = {}
        self.few = torch.tensor(FEW, device=DEV)
        self.stream = torch.cuda.Stream() if DEV == "cuda" else None

    def measure(self):
        d = self.d
        ids = self.learned
        mean, sq, n = torch.zeros(ROWS, device=DEV, dtype=torch.float64), torch.zeros(ROWS, device=DEV, dtype=torch.float64), 0
        where = frame_index(d.view[ids], d.frames[ids])
        who = torch.repeat_interleave(d.speaker[ids], d.frames[ids])
        for part in where[::7].split(200000):
            x = d.copies[0][part].double().to(DEV)
            mean += x.sum(0); sq += (x * x).sum(0); n += len(x)
        mean, sq = mean / n, sq / n
        self.vm, self.vd = mean.float(), ((sq - mean ** 2).clamp_min(0).sqrt() + 1e-2).float()
        s0, s1, s2 = torch.zeros(d.speakers, device=DEV), torch.zeros(d.speakers, BANDS, device=DEV), torch.zeros(d.speakers, BANDS, device=DEV)
        for part, w in zip(where[::3].split(200000), who[::3].split(200000)):
            x = (d.copies[0][part][:, :BANDS].float().to(DEV) - self.vm[:BANDS]) / self.vd[:BANDS]
            s0.index_add_(0, w, torch.ones_like(w, dtype=torch.float)); s1.index_add_(0, w, x); s2.index_add_(0, w, x * x)
        s0 = s0.clamp_min(1)[:, None]
        self.lm = s1 / s0
        self.ld = (s2 / s0 - self.lm ** 2).clamp_min(0).sqrt() + .1
        where = frame_index(d.tstart[ids], d.tframes[ids])
        mean, sq, n = 0., 0., 0
        for part in where[::5].split(100000):
            x = d.teacher[part][:, self.tcols].double().to(DEV)
            mean = mean + x.sum(0); sq = sq + (x * x).sum(0); n += len(x)
        mean, sq = mean / n, sq / n
        self.tm, self.td = mean.float(), ((sq - mean ** 2).clamp_min(0).sqrt() + 1e-2).float()

    def rows(self, copy, clip, whole):
        """Frames `whole` of clips, as float: [..., 128]."""
        d = self.d
        flat = d.copies.view(-1, ROWS)
        at = copy[:, None] * d.copies.shape[1] + d.view[clip][:, None] + whole
        return flat[at.to(flat.device)].to(DEV).float()

    def draw(self):
        c, d, B = self.c, self.d, self.c["batch"]
        crop = c["crop"]
        R = lambda *s: torch.rand(*s, device=DEV)
        N = lambda *s: torch.randn(*s, device=DEV)
        clip = self.learned[torch.searchsorted(self.cdf, R(B)).clamp_max(len(self.learned) - 1)]
        spoken = d.sung[clip] < .5
        pace = torch.where(spoken & (R(B) < c["pace"]), torch.exp((R(B) * 2 - 1) * .22), torch.ones(B, device=DEV))
        frames = d.frames[clip]
        heard = (crop * pace).long()
        start = (R(B) * ((frames - heard).clamp_min(0) // 3 + 1)).long() * 3
        inside = ((frames - start) / pace).long().clamp_max(crop)
        copy = torch.where(R(B) < c["degraded"], 1 + (R(B) * (d.copies.shape[0] - 1)).long(), torch.zeros(B, dtype=torch.long, device=DEV))
        t = torch.arange(crop, device=DEV)
        pos = t[None] * pace[:, None]
        whole, part = start[:, None] + pos.long(), pos.frac()[..., None]
        last = (frames - 1)[:, None]
        x = self.rows(copy, clip, torch.minimum(whole, last))
        x = x * (1 - part) + self.rows(copy, clip, torch.minimum(whole + 1, last)) * part
        isin = (t[None] < inside[:, None])[..., None]
        if c["babble"]:
            J = 6
            many = 1 + (R(B) * J).long()
            other = self.learned[(R(B, J) * len(self.learned)).long()]
            fr = d.frames[other]
            st = (R(B, J) * (fr - crop).clamp_min(1)).long()
            idx = (st[..., None] + t) % fr[..., None]
            v = self.rows(torch.zeros(B * J, dtype=torch.long, device=DEV), other.view(-1), idx.view(B * J, crop)).view(B, J, crop, ROWS).exp()
            loud = v[..., :BANDS].mean((2, 3), keepdim=True)
            use = (torch.arange(J, device=DEV)[None] < many[:, None]).float()[..., None, None]
            v = (v / loud * use).sum(1)
            own = x.exp()
            level = (own[..., :BANDS] * isin).sum((1, 2)) / (isin.sum((1, 2)).clamp_min(1) * BANDS)
            want = level * 10 ** (-(R(B) * 25) / 10)
            v = v * (want / v[..., :BANDS].mean((1, 2)))[:, None, None]
            on = ((R(B) < c["babble"]) & (copy == 0))[:, None, None]
            x = torch.where(on, torch.log(own + v), x)
        gain = torch.where(R(B) < c["distance"], (R(B) * 35 - 25) * NATURAL, torch.zeros(B, device=DEV))
        x = (x + gain[:, None, None]).clamp_min(SILENCE)
        x = (x - self.vm) / self.vd
        own = (R(B) < c["own"])[:, None, None]
        mel, pitch = x[..., :BANDS], x[..., BANDS:]
        s = d.speaker[clip]
        mel = torch.where(own, (mel - self.lm[s][:, None]) / self.ld[s][:, None], mel)
        floor = mel.masked_fill(~isin, 1e9).amin(1, keepdim=True)
        other = spoken & (R(B) < c["voice"])
        tract = torch.where(other, (R(B) * 2 - 1) * .14, torch.zeros(B, device=DEV))
        shift = torch.where(other, (R(B) * 2 - 1) * .29, torch.zeros(B, device=DEV))
        band = torch.arange(BANDS, device=DEV).float()
        def warp(v, at):
            at = at.clamp(0, BANDS - 1)
            lo = at.long()
            hi, p = (lo + 1).clamp_max(BANDS - 1), at.frac()
            ex = lambda i: i[:, None].expand(-1, v.shape[1], -1)
            return v.gather(2, ex(lo)) * (1 - p)[:, None] + v.gather(2, ex(hi)) * p[:, None]
        mel = warp(mel, band[None] * tract.exp()[:, None])
        pitch = warp(pitch, band[None] - (shift / math.log(1000 / 60) * BANDS)[:, None])
        z = band / (BANDS - 1)
        g = .2 * N(B, 1)
        channel = g + .15 * N(B, 1) * (2 * z - 1) + .1 * N(B, 1) * torch.cos(z * (2 + 4 * R(B, 1)))
        mel = mel + channel[:, None]
        pitch = pitch + (g + .15 * N(B, 1))[:, None]
        noisy = (R(B) < .35)[:, None, None]
        noise = (R(B, 1) * 1.8 - 1.5 + .2 * N(B, BANDS))[:, None] + .25 * N(B, crop, BANDS)
        mel = torch.where(noisy, mel + F.softplus(2 * (noise - mel)) / 2, mel)
        pitch = torch.where(noisy, pitch + .3 * N(B, crop, BANDS), pitch)
        mel = torch.where(isin, mel, floor)
        pitch = torch.where(isin, pitch, torch.zeros((), device=DEV))
        for _ in range(2):
            w = (R(B) * min(25 * c["mask"], crop)).long()
            a = (R(B) * (crop - w + 1)).long()
            tm = (t[None] >= a[:, None]) & (t[None] < (a + w)[:, None])
            w = (R(B) * 7 * c["mask"]).long()
            a = (R(B) * (BANDS - w + 1)).long()
            bm = (band[None] >= a[:, None]) & (band[None] < (a + w)[:, None])
            mel = mel.masked_fill(tm[..., None] | bm[:, None], 0.)
            pitch = pitch.masked_fill(tm[..., None] | (bm & (R(B, 1) < .3))[:, None], 0.)
        x = torch.cat([mel, pitch], 2)
        # teacher
        f = torch.arange(crop // STRIDE, device=DEV) * STRIDE
        pos = f[None] * pace[:, None]
        whole = start[:, None] + pos.long()
        at = ((start[:, None] + pos + 1.5) - 2.8) / 2.4
        at = at.clamp_min(0)
        last = d.tframes[clip][:, None] - 1
        used = (at.long() <= last) & (whole < frames[:, None])
        lo = torch.minimum(at.long(), last).clamp_min(0)
        hi = torch.minimum(lo + 1, last.clamp_min(0))
        base = d.tstart[clip][:, None]
        p = at.frac()[..., None]
        take = lambda i: d.teacher[(base + i).clamp_max(d.teacher.shape[0] - 1).to(d.teacher.device)][..., self.tcols].to(DEV).float()
        teach = (take(lo) * (1 - p) + take(hi) * p - self.tm) / self.td
        return clip, x, teach, used.float()

    def enrolled(self, clip):
        """For each clip which of its speaker's are known: the speaker's clips, which of them, and whether they are neutral alone."""
        s, B = self.d.speaker[clip], len(clip)
        neutral = (self.isneutral[s].sum(1) > 0) & (torch.rand(B, device=DEV) < .25)
        pool = torch.where(neutral[:, None], self.isneutral[s], self.inpool[s])
        size = pool.sum(1)
        few = self.few[(torch.rand(B, device=DEV) * len(FEW)).long()]
        n = torch.where(torch.rand(B, device=DEV) < .5, size, torch.minimum(few, size)).clamp_min(1)
        keys = torch.rand(pool.shape, device=DEV) + (~pool) * 10.
        kth = keys.sort(1).values.gather(1, n[:, None] - 1)
        return self.table[s].clamp_min(0), ((keys <= kth) & pool).float(), neutral

    def adaptations(self, clip):
        """Means of what was seen, the population mixed in."""
        table, sel, neutral = self.enrolled(clip)
        sel = sel * self.seen[table]
        n = sel.sum(1, keepdim=True)
        mean = torch.bmm(sel[:, None], self.mem[table])[:, 0] / n.clamp_min(1) + neutral[:, None] * self.offset
        (pm, ps), k = self.pop, self.c["kappa"]
        return (n * mean + k * pm) / (n + k), ps.expand_as(mean)

    @property
    def pop(self):
        return getattr(self, "_pop", None) or (self.net.pm, self.net.ps)

    def step(self, mixed, speaker):
        c, d, net = self.c, self.d, self.net
        lr, out, part, rate, b1, b2 = self.tables[self.at].unbind()
        clip, x, teach, used = self.draw()
        target, known, inten, has = self.target[clip], d.known[clip], d.intensity[clip], d.has[clip]
        if mixed:
            order = torch.rand(len(clip), device=DEV).argsort()
            x = part * x + (1 - part) * x[order]
            target = part * target + (1 - part) * target[order]
            known, has = torch.maximum(known, known[order]), has * 0
        feats, _ = net.trunk(x)
        pooled = net.pool(feats)
        with torch.no_grad():
            net.pm += rate * (pooled.mean(0) - net.pm)
            net.ps += rate * (pooled.std(0) + 1e-2 - net.ps)
        if not mixed:
            self.mem[clip] = pooled.detach()
            self.seen[clip] = 1.
        def losses(o):
            err = ((torch.sigmoid(o[:, 8]) - inten) ** 2 * has).sum() / has.sum().clamp_min(1)
            return cross_entropy(o[:, :8], target, known), err
        drop = lambda p: F.dropout(p, c["dropout"], True)
        std = (pooled - net.pm) / net.ps
        ce, err = losses(net.head(drop(std)))
        loss = ce + c["intensity"] * err
        ce2 = dist = ce.detach() * 0
        if speaker and not mixed:
            with torch.no_grad():
                bm, bs = self.adaptations(clip)
            ce2, err = losses(net.shead(drop((pooled - bm) / bs)))
            loss = loss + c["speaker"] * (ce2 + c["intensity"] * err)
        if not mixed:
            e = ((net.distil(feats) - teach) ** 2).mean(2) * used
            dist = e.sum() / used.sum().clamp_min(1)
            loss = loss + c["distil"] * dist
            s = d.speaker[clip]
            if c["contrast"]:
                z = F.normalize(self.project(std), dim=1)
                sim = z @ z.T / .1 - 1e4 * torch.eye(len(clip), device=DEV)
                pos = ((d.emotion[clip][:, None] == d.emotion[clip][None]) & (s[:, None] != s[None])).float()
                lp = F.log_softmax(sim, 1)
                loss = loss - c["contrast"] * ((lp * pos).sum(1) / pos.sum(1).clamp_min(1)).mean()
            if c["adv_speaker"]:
                loss = loss + F.cross_entropy(self.guess(Reverse.apply(std, c["adv_speaker"])), s)
            if c["adv_corpus"]:
                loss = loss + F.cross_entropy(self.guess_c(Reverse.apply(std, c["adv_corpus"])), d.corpus[clip])
        grads = torch.autograd.grad(loss, self.params, allow_unused=True)
        grads = [torch.zeros_like(p) if g is None else g.contiguous() for g, p in zip(grads, self.params)]
        with torch.no_grad():
            norms = torch._foreach_norm(grads)
            norms = torch.stack(norms)
            torch._foreach_mul_(grads, list((c["clip"] / norms.clamp_min(c["clip"])).unbind()))
            torch._foreach_mul_(self.m1, .9); torch._foreach_add_(self.m1, grads, alpha=.1)
            torch._foreach_mul_(self.m2, .999); torch._foreach_addcmul_(self.m2, grads, grads, .001)
            den = torch._foreach_sqrt(self.m2)
            torch._foreach_mul_(den, b2.rsqrt()); torch._foreach_add_(den, 1e-8)
            upd = torch._foreach_div(self.m1, den)
            torch._foreach_mul_(upd, -lr / b1)
            torch._foreach_mul_(self.params, 1 - lr * c["wd"])
            torch._foreach_add_(self.params, upd)
            diff = torch._foreach_sub(self.fast_list, self.slow_list)
            torch._foreach_mul_(diff, out)
            torch._foreach_add_(self.slow_list, diff)
            self.sums += torch.stack([ce.detach(), ce2.detach(), dist.detach(), loss.detach()])
            self.at += 1

    @torch.no_grad()
    def set_offset(self):
        table = self.table.clamp_min(0)
        seen = self.seen[table] * self.inpool
        neutral = seen * self.isneutral
        na, nn_ = seen.sum(1), neutral.sum(1)
        ok = (nn_ > 0) & (na > nn_)
        share = lambda w, n: torch.zeros(len(table), len(self.mem), device=DEV).scatter_add_(1, table, w * ok[:, None] / n.clamp_min(1)[:, None])
        total = ((share(seen, na) - share(neutral, nn_)) @ self.mem).sum(0)
        self.offset.copy_(total / ok.sum().clamp_min(1))

    def kind(self):
        mixed = bool(self.mixed[self.done])
        return mixed, (not mixed) and self.done > self.steps / 2

    def prepare(self):
        """Captures the three kinds of step; the training begins anew afterwards."""
        state = [t.clone() for t in self.state()]
        s = self.stream
        s.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(s):
            for _ in range(2):
                for kind in [(True, False), (False, False), (False, True)]:
                    self.step(*kind)
        torch.cuda.current_stream().wait_stream(s)
        torch.cuda.synchronize()
        for kind in [(True, False), (False, False), (False, True)]:
            g = torch.cuda.CUDAGraph()
            with torch.cuda.graph(g, stream=s, pool=self.graphs[(True, False)].pool() if self.graphs else None):
                self.step(*kind)
            self.graphs[kind] = g
        torch.cuda.synchronize()
        for t, old in zip(self.state(), state):
            t.copy_(old)
        torch.cuda.synchronize()

    def state(self):
        return [*self.fast_list, *[p.data for p in self.params], *self.slow_list, *self.m1, *self.m2, self.mem, self.seen, self.offset, self.at, self.sums]

    def advance(self):
        if self.done % self.steps == 0:
            if self.done:
                if DEV == "cuda":
                    with torch.cuda.stream(self.stream):
                        self.set_offset()
                else:
                    self.set_offset()
        kind = self.kind()
        if self.graphs:
            with torch.cuda.stream(self.stream):
                self.graphs[kind].replay()
        else:
            self.step(*kind)
        self.done += 1

    # -- afterwards
    @torch.no_grad()
    def embed(self, ids, copy, spoil=None):
        net, d = self.slow, self.d
        order = d.frames[ids].argsort()
        out = torch.empty(len(ids), self.P, device=DEV)
        for part in order.split(256):
            i = ids[part]
            n = d.frames[i]
            t = torch.arange(int(n.max()), device=DEV)
            idx = torch.minimum(t[None], (n - 1)[:, None])
            x = self.rows(torch.full_like(i, copy), i, idx)
            if spoil is not None:
                x = spoil(x, t, n, i)
            x = (x - self.vm) / self.vd
            x = x * (t[None] < n[:, None])[..., None]
            f, m = net.trunk(x, n)
            out[part] = net.pool(f, m)
        return out

    def finish(self):
        """Heads fitted anew, dev speakers scored; gives figures and log-posteriors."""
        d, c = self.d, self.c
        self._pop = (self.slow.pm.clone(), self.slow.ps.clone())
        pm, ps = self._pop
        copies = []
        for k in range(d.copies.shape[0]):
            self.mem[self.learned] = self.embed(self.learned, k)
            self.seen[self.learned] = 1.
            self.set_offset()
            copies.append((self.mem.clone(), self.offset.clone()))
        acted = d.target(0., c["smoothing"])
        keys = d.corpus[self.learned] * 8 + d.emotion[self.learned]
        per_class = torch.bincount(keys, minlength=len(d.corpora) * 8).float()
        per_corpus = per_class.view(-1, 8).sum(1)
        classes = (per_class.view(-1, 8) > 0).sum(1).float()
        weights = torch.tensor([c["draw"].get(d.corpus_name[i], 1.) for i in self.learned.tolist()], device=DEV)
        corp = d.corpus[self.learned]
        weights = weights * per_corpus[corp] / classes[corp] / per_class[keys]
        heads = [torch.zeros(self.P, 9, device=DEV, requires_grad=True), torch.zeros(9, device=DEV, requires_grad=True),
                 torch.zeros(self.P, 9, device=DEV, requires_grad=True), torch.zeros(9, device=DEV, requires_grad=True)]
        opt = torch.optim.Adam(heads, lr=1e-2, foreach=True)
        for step in range(500):
            k = int(self.rng.integers(1, len(copies))) if self.rng.random() < .2 else 0
            self.mem, self.offset = copies[k]
            clip = self.learned[torch.multinomial(weights, 512, replacement=True)]
            with torch.no_grad():
                bm, bs = self.scaled_adaptations(clip)
            p = self.mem[clip]
            loss = 0.
            for (w, b), m, s in [(heads[:2], pm, ps), (heads[2:], bm, bs)]:
                o = (p - m) / s @ w + b
                err = ((torch.sigmoid(o[:, 8]) - d.intensity[clip]) ** 2 * d.has[clip]).sum() / d.has[clip].sum().clamp_min(1)
                loss = loss + cross_entropy(o[:, :8], acted[clip], d.known[clip]) + c["intensity"] * err + .01 * (w * w).sum()
            for g in opt.param_groups:
                g["lr"] = 1e-2 * .5 * (1 + math.cos(math.pi * step / 500))
            opt.zero_grad(); loss.backward(); opt.step()
        self.heads = [h.detach() for h in heads]
        self.mem, self.offset = copies[0]
        return self.judge(self.embed(self.dev, 0)), self.judge(self.embed(self.dev, 0, self.babbling()), "ravdess")

    def scaled_adaptations(self, clip):
        """Means and deviations, of embeddings that are all known."""
        table, sel, neutral = self.enrolled(clip)
        # For many clips at once one product over all of them.
        w = torch.zeros(len(clip), len(self.mem), device=DEV).scatter_add_(1, table, sel)
        n = w.sum(1, keepdim=True)
        mean = w @ self.mem / n
        var = (w @ (self.mem * self.mem) / n - mean ** 2).clamp_min(0)
        pm, ps = self.pop
        mean = mean + neutral[:, None] * self.offset
        var = torch.where(neutral[:, None], (ps ** 2).expand_as(var), var)
        k = self.c["kappa"]
        return (n * mean + k * pm) / (n + k), ((n * var + 5 * ps ** 2) / (n + 5)).sqrt()

    def babbling(self):
        d = self.d
        gen = torch.Generator(device=DEV).manual_seed(5)
        pool = self.dev[d.corpus[self.dev] == d.corpora.index("ravdess")]
        def spoil(x, t, n, i):
            own = x.exp()
            inside = (t[None] < n[:, None])[..., None]
            loud = (own[..., :BANDS] * inside).sum((1, 2)) / (n * BANDS)
            total = torch.zeros_like(own)
            for _ in range(4):
                o = pool[torch.randint(len(pool), (len(i),), device=DEV, generator=gen)]
                st = torch.randint(200, (len(i),), device=DEV, generator=gen)
                idx = (st[:, None] + t) % d.frames[o][:, None]
                v = self.rows(torch.zeros_like(o), o, idx).exp()
                total += v / v[..., :BANDS].mean((1, 2), keepdim=True)
            total = total * (loud * .1 / total[..., :BANDS].mean((1, 2)))[:, None, None]
            return (own + total).log()
        return spoil

    @torch.no_grad()
    def judge(self, pooled, only=None):
        d, (pm, ps), k = self.d, self.pop, self.c["kappa"]
        w0, b0, w1, b1 = self.heads
        ids = self.dev
        spk = d.speaker[ids]
        neutral = d.emotion[ids] == 0
        gen = torch.Generator(device=DEV).manual_seed(3)
        same = (spk[:, None] == spk[None]).float()
        def against(sel, moved=False):
            n = sel.sum(1, keepdim=True)
            mean = sel @ pooled / n.clamp_min(1)
            var = (sel @ (pooled ** 2) / n.clamp_min(1) - mean ** 2).clamp_min(0)
            if moved:
                mean, var = mean + self.offset, (ps ** 2).expand_as(var)
            m = (n * mean + k * pm) / (n + k)
            s = ((n * var + 5 * ps ** 2) / (n + 5)).sqrt()
            return ((pooled - m) / s) @ w1 + b1
        keys = torch.rand(same.shape, device=DEV, generator=gen) + (1 - same) * 10 + torch.eye(len(ids), device=DEV) * 10
        ten = (keys <= keys.sort(1).values[:, 9:10]).float()
        out = {"alone": ((pooled - pm) / ps) @ w0 + b0, "all": against(same), "k10": against(ten), "neutral": against(same * neutral[None].float(), True)}
        known = d.known[ids]
        out = {key: F.log_softmax(o[:, :8] + (known - 1) * 1e4, 1) for key, o in out.items()}
        truth, corpus = d.emotion[ids], d.corpus[ids]
        figures = {}
        for key, o in out.items():
            best = o.argmax(1)
            for at, name in enumerate(d.corpora):
                if only and name != only:
                    continue
                here = corpus == at
                recalls = [(best[here & (truth == e)] == e).float().mean().item() for e in range(8) if (here & (truth == e)).any()]
                if recalls:
                    figures[f"{name}.{key}"] = 100 * sum(recalls) / len(recalls)
        return figures, {key: o.half().cpu().numpy() for key, o in out.items()}


def frame_index(start, count):
    ends = torch.cumsum(count, 0)
    return torch.arange(int(ends[-1]), device=start.device) + torch.repeat_interleave(start - (ends - count), count)


SPEECH = ["ravdess", "savee", "cremad"]


def line(name, clean, babble):
    cell = lambda key: " ".join(f"{clean[c + '.' + key]:5.1f}" for c in SPEECH + ["ravdess_song"] if c + "." + key in clean)
    mean = lambda key: sum(clean[c + "." + key] for c in SPEECH if c + "." + key in clean) / max(sum(c + "." + key in clean for c in SPEECH), 1)
    return f"{name:24s} alone {cell('alone')} = {mean('alone'):.1f} | all {cell('all')} = {mean('all'):.1f} | k10 {mean('k10'):.1f} neutral {mean('neutral'):.1f} | babble {babble.get('ravdess.alone', 0):.1f} {babble.get('ravdess.all', 0):.1f}"


def run(data, trials, out, side=6, until=1e9, begin=None):
    """Trains `trials` ((name, changes)), `side` at a time, in order; a line each, and log-posteriors kept."""
    begin = begin or time.time()
    waiting, active, kept = list(trials), [], {}
    ended = []
    while waiting or active:
        while waiting and len(active) < side and time.time() - begin < until - 40:
            name, changes = waiting.pop(0)
            try:
                t = Trainer(data, name, **changes)
                if DEV == "cuda":
                    t.prepare()
                t.began = time.time()
                active.append(t)
            except Exception as e:
                print("FAILED", name, repr(e)[:300], flush=True)
                torch.cuda.empty_cache()
        if not active:
            break
        for t in active:
            for _ in range(4):
                if t.done < t.total:
                    t.advance()
        for t in list(active):
            if t.done % 40 == 0 and t.stream is not None and t.done < t.total:
                t.stream.synchronize()
            if t.done >= t.total or time.time() - begin > until:
                active.remove(t)
                if t.done < t.total:
                    print("out of time:", t.name, t.done, t.total, flush=True)
                    continue
                if DEV == "cuda":
                    torch.cuda.synchronize()
                s = (t.sums / t.total).tolist()
                try:
                    (clean, rows), (babble, _) = t.finish()
                except Exception as e:
                    print("FAILED at its end", t.name, repr(e)[:300], flush=True)
                    continue
                text = line(t.name, clean, babble)
                print(f"{text} | loss {s[0]:.3f} {s[1]:.3f} {s[2]:.3f} | {time.time() - t.began:.0f} s, at {time.time() - begin:.0f}", flush=True)
                for key, o in rows.items():
                    kept[f"{t.name}/{key}"] = o
                ended.append(dict(name=t.name, config=t.c, clean=clean, babble=babble, seconds=time.time() - t.began))
                t.graphs.clear()
                del t
                json.dump(ended, open(f"{out}/trials.json", "w"))
                np.savez_compressed(f"{out}/rows.npz", **kept)
    return kept


BIG = dict(mel_maps=32, pitch_maps=16, width=384, frames=512, attention=128)
WIDE = dict(width=288, frames=384, attention=96)
TRIALS = [
    ("base", {}), ("base, seed 1", dict(seed=1)), ("base, seed 2", dict(seed=2)), ("wide", WIDE), ("big", BIG), ("babble .35", dict(babble=.35)),
    ("60 epochs", dict(epochs=60)), ("big, 60 epochs", dict(epochs=60, **BIG)), ("big, babble .7, 60 epochs", dict(epochs=60, babble=.7, **BIG)),
    ("babble .7", dict(babble=.7)), ("contrast .1", dict(contrast=.1)), ("contrast .5", dict(contrast=.5)), ("speaker adversary .05", dict(adv_speaker=.05)),
    ("speaker adversary .3", dict(adv_speaker=.3)), ("corpus adversary .1", dict(adv_corpus=.1)), ("big stems", dict(mel_maps=32, pitch_maps=16)),
    ("six blocks", dict(dilations=[1, 2, 3, 4, 6, 8])), ("decay .2", dict(wd=.2)), ("dropout .6", dict(dropout=.6)), ("masks x2", dict(mask=2.)),
    ("mixup .6", dict(mixup=.6)), ("rate 4e-3", dict(lr=4e-3)), ("rate 1e-3", dict(lr=1e-3)), ("degraded .6", dict(degraded=.6)), ("own level .9", dict(own=.9)),
    ("average .9995", dict(average=.9995)), ("big, distillation 32", dict(distil=32., **BIG)), ("big, decay .2", dict(wd=.2, **BIG)),
    ("crops of 3 s", dict(crop=300)), ("detector alone", dict(teacher="detector")), ("Moonshine alone", dict(teacher="moonshine")),
    ("big, contrast .3", dict(contrast=.3, **BIG)), ("big, seed 1", dict(seed=1, **BIG)), ("big, 120 epochs", dict(epochs=120, **BIG)),
]


class Noise(Data):
    """Random features for the clips of a table."""
    def __init__(self, clips):
        count = sum(1 for _ in open(clips))
        frames = np.random.default_rng(0).integers(150, 350, count)
        heard = (frames / 2.4).astype(int)
        before = lambda x: (np.cumsum(x) - x).tolist()
        self.places(before(frames), frames.tolist(), before(heard), heard.tolist())
        self.copies = torch.randn(3, int(frames.sum()), ROWS, device=DEV).half() - 5
        self.teacher = torch.randn(int(heard.sum()), 826, device=DEV).half()
        self.read(clips)


def smoke(clips):
    data = Noise(clips)
    every = dict(babble=.3, contrast=.2, adv_speaker=.1, adv_corpus=.1)
    for name, changes, side in [("base", {}, 1), ("every loss", every, 1), ("base", {}, 8), ("big", BIG, 1), ("big", BIG, 4)]:
        begin = time.time()
        trainers = [Trainer(data, name, **changes) for _ in range(side)]
        for t in trainers:
            t.prepare()
        ready = time.time()
        for _ in range(50):
            for t in trainers:
                for _ in range(4):
                    t.advance()
        torch.cuda.synchronize()
        print(f"{side} x {name}: ready in {ready - begin:.1f} s, {5 * (time.time() - ready) / side:.2f} ms a step, {torch.cuda.memory_allocated() / 1e9:.1f} GB", flush=True)
    begin = time.time()
    trainers[0].finish()
    torch.cuda.synchronize()
    print(f"heads and figures {time.time() - begin:.1f} s")


if __name__ == "__main__":
    if sys.argv[1] == "smoke":
        smoke(sys.argv[2])
    else:
        run(Data(*sys.argv[1:3]), TRIALS, sys.argv[3], until=float(sys.argv[4]) if len(sys.argv) > 4 else 1e9)
