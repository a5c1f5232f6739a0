"""The front end: our two views of the spectrogram beside the log-mel of others, one thread, 60 s."""
import os
os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
import time
import kaldi_native_fbank, librosa, numpy as np, soundfile
from ours import audio, bench

path = audio("60s.wav", 60)
waveform = soundfile.read(path, dtype="float32")[0]


def best(run):
    run()
    times = []
    for _ in range(10):
        begin = time.perf_counter()
        run()
        times.append(time.perf_counter() - begin)
    return 1000 * min(times)


def by_librosa():
    mel = librosa.feature.melspectrogram(y=waveform, sr=16000, n_fft=512, win_length=400, hop_length=160, n_mels=64,
                                         fmin=50, fmax=7800, htk=True)
    return np.log(mel + 1e-6)


def by_kaldi():
    options = kaldi_native_fbank.FbankOptions()
    options.mel_opts.num_bins = 64
    options.frame_opts.dither = 0
    bank = kaldi_native_fbank.OnlineFbank(options)
    bank.accept_waveform(16000, waveform)
    bank.input_finished()
    return [bank.get_frame(i) for i in range(bank.num_frames_ready)]


rows = [("Undertone: log-mel and pitch view", bench(path)[0]["spectrogram", str(path), 1]),
        (f"librosa {librosa.__version__}: log-mel", best(by_librosa)),
        ("kaldi-native-fbank: log-mel", best(by_kaldi))]
try:
    import torch, torchaudio
    torch.set_num_threads(1)
    mel = torchaudio.transforms.MelSpectrogram(16000, 512, 400, 160, 50, 7800, n_mels=64)
    tensor = torch.from_numpy(waveform)
    rows.append((f"torchaudio {torchaudio.__version__}: log-mel", best(lambda: torch.log(mel(tensor) + 1e-6))))
except (ImportError, RuntimeError):  # RuntimeError: another CUDA than PyTorch's
    print("torchaudio does not load here: not measured\n")
print("| | ms for 60 s | × ours |\n|---|---|---|")
for name, milliseconds in rows:
    print(f"| {name} | {milliseconds:.1f} | {milliseconds / rows[0][1]:.2f} |")
