#!/usr/bin/env python3
"""Makes conversation.wav: two synthetic voices whose pitch, rate and loudness move from flat to agitated.

needs: espeak-ng (Debian package espeak-ng), numpy
usage: make_conversation.py            writes conversation.wav beside this script

The sentences are ours; the voices are espeak-ng's. Nobody's emotion is in it: only what a synthesiser can turn.
"""
import os, subprocess, wave
import numpy as np

RATE = 16000
#        voice     pitch speed loudness  text
TURNS = [("en+m3", 35, 135, 0.25, "Good morning. I am calling about the parcel."),
         ("en+f2", 45, 140, 0.30, "One moment please. I will look for it."),
         ("en+m3", 45, 155, 0.40, "It should have come on Monday, and today is Friday."),
         ("en+f2", 50, 155, 0.40, "I see. It is still on its way, I am afraid."),
         ("en+m3", 75, 190, 0.75, "Again? This is the third time! I want it now!"),
         ("en+f2", 85, 200, 0.80, "Please do not shout at me! I can not drive the van!")]


def speak(voice, pitch, speed, text):
    """One sentence, at 16 kHz, loudest sample 1."""
    raw = subprocess.run(["espeak-ng", "-v", voice, "-p", str(pitch), "-s", str(speed), "--stdout", text],
                         check=True, capture_output=True).stdout
    data = raw.index(b"data") + 8
    rate = int.from_bytes(raw[24:28], "little")
    x = np.frombuffer(raw[data:len(raw) - (len(raw) - data) % 2], "<i2").astype(float)
    # Band-limited resampling: cut or pad the spectrum.
    n = round(len(x) * RATE / rate)
    spectrum = np.fft.rfft(x)[:n // 2 + 1]
    y = np.fft.irfft(spectrum, n)
    return y / abs(y).max()


def main():
    rng = np.random.default_rng(7)
    parts = [np.zeros(RATE // 2)]
    for voice, pitch, speed, loudness, text in TURNS:
        parts += [loudness * speak(voice, pitch, speed, text), np.zeros(int(0.7 * RATE))]
    x = np.concatenate(parts)
    x += 3e-4 * rng.standard_normal(len(x))                       # the hiss of a quiet room
    out = os.path.join(os.path.dirname(os.path.abspath(__file__)), "conversation.wav")
    with wave.open(out, "wb") as f:
        f.setnchannels(1), f.setsampwidth(2), f.setframerate(RATE)
        f.writeframes((np.clip(x, -1, 1) * 32767).astype("<i2").tobytes())
    print(out, round(len(x) / RATE, 1), "s")


if __name__ == "__main__":
    main()
