"""A training step of the default network beside the same network in PyTorch: f32, the same cores, 64 crops of 3 s."""
import statistics, subprocess, time
import torch
from torch import nn
from ours import ROOT


def layer(channels, outputs, kernel, stride=1, dilation=1, relu=True):
    kind, norm = (nn.Conv2d, nn.BatchNorm2d) if isinstance(kernel, tuple) else (nn.Conv1d, nn.BatchNorm1d)
    pad = tuple(k // 2 for k in kernel) if isinstance(kernel, tuple) else dilation * (kernel // 2)
    parts = [kind(channels, outputs, kernel, stride, pad, dilation, bias=False), norm(outputs)]
    return nn.Sequential(*parts, *([nn.ReLU()] if relu else []))


class Stem(nn.Sequential):
    def __init__(self, maps):
        super().__init__(layer(1, maps, (5, 5), (2, 2)), layer(maps, 2 * maps, (3, 3), (1, 2)), layer(2 * maps, 2 * maps, (3, 3), (2, 2)))

    def forward(self, view):
        return super().forward(view[:, None]).transpose(1, 2).flatten(2)


class Network(nn.Module):
    def __init__(self, width=192, frames=256):
        super().__init__()
        self.mel, self.pitch = Stem(16), Stem(8)
        self.mix = layer(384, width, 1)
        self.blocks = nn.ModuleList(nn.Sequential(layer(width, width, 3, 1, d), layer(width, width, 1, relu=False)) for d in (1, 2, 3, 4))
        self.frames = layer(4 * width, frames, 1)
        self.attention = nn.Sequential(nn.Linear(frames, 64), nn.Tanh(), nn.Linear(64, frames))
        self.heads = nn.ModuleList(nn.Sequential(nn.Dropout(0.4), nn.Linear(2 * frames, 9)) for _ in range(2))
        self.distil = nn.Linear(frames, 250)

    def forward(self, views):
        x = self.mix(torch.cat([self.mel(views[..., :64]), self.pitch(views[..., 64:])], 2).transpose(1, 2))
        outputs = []
        for block in self.blocks:
            x = torch.relu(x + block(x))
            outputs.append(x)
        features = self.frames(torch.cat(outputs, 1)).transpose(1, 2)
        weights = self.attention(features).softmax(1)
        mean = (weights * features).sum(1)
        deviation = ((weights * features**2).sum(1) - mean**2).clamp_min(1e-5).sqrt()
        pooled = torch.cat([mean, deviation], 1)
        return self.heads[0](pooled) + self.heads[1](pooled - 0.5 * pooled.detach()), self.distil(features)


def by_torch(channels_last):
    network, views = Network(), torch.randn(64, 300, 128)
    if channels_last:
        network.mel, network.pitch = (stem.to(memory_format=torch.channels_last) for stem in (network.mel, network.pitch))
    optimizer, times = torch.optim.AdamW(network.parameters(), 1e-3), []
    for _ in range(12):
        begin = time.perf_counter()
        heads, teacher = network(views)
        loss = heads.square().mean() + teacher.square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        times.append(1000 * (time.perf_counter() - begin))
    return statistics.median(times)


torch.set_num_threads(2)
command = ["cargo", "run", "--release", "-q", "-p", "xtask", "--features", "train", "--", "step"]
ours = float(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout)
print("| | ms a step | × ours |\n|---|---|---|")
print(f"| Undertone (burn, flex) | {ours:.0f} | 1.00 |")
for name, channels_last in [("PyTorch", False), ("PyTorch, first layers channels-last", True)]:
    theirs = by_torch(channels_last)
    print(f"| {name} {torch.__version__} | {theirs:.0f} | {theirs / ours:.2f} |")
