"""Pairs a second of the library's DTW against dtw-python, on the same pairs in the same run.

Both measure symmetricP2 with path normalisation on sequences of 40 frames of 64 channels, one thread; the largest
difference of the distances is printed with the ratio. Seconds are of CPU. Run: ``python -m benchmarks.dtw_rate`` from
the project's root; with ``PYTHONPATH`` an earlier checkout and ``python benchmarks/dtw_rate.py`` it measures that one.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from dtw import dtw

from vpdlib.recognition.dtw import dtw_distances


def main() -> None:
    """Measure, print, and fail if the distances differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sequences", type=int, default=200, help="ours measures all their pairs")
    parser.add_argument("--peer-pairs", type=int, default=1000, help="pairs for dtw-python")
    parser.add_argument("--frames", type=int, default=40)
    parser.add_argument("--channels", type=int, default=64)
    parser.add_argument("--threads", type=int, default=1, help="of ours")
    options = parser.parse_args()
    generator = np.random.default_rng(0)
    shape = (options.sequences, options.frames, options.channels)
    sequences = list(generator.normal(size=shape).astype(np.float32))
    start = time.process_time()
    dtw_distances(sequences[:2], sequences[:2])
    compile_s = time.process_time() - start

    start = time.process_time()
    ours = dtw_distances(sequences, sequences, options.threads)
    our_rate = ours.size / (time.process_time() - start)

    num_peer = min(options.peer_pairs, ours.size)
    peer = np.empty(num_peer)
    start = time.process_time()
    for pair in range(num_peer):
        query, reference = divmod(pair, options.sequences)
        peer[pair] = dtw(
            sequences[query],
            sequences[reference],
            step_pattern="symmetricP2",
            distance_only=True,
        ).normalizedDistance
    peer_rate = num_peer / (time.process_time() - start)

    difference = float(np.abs(ours.reshape(-1)[:num_peer] - peer).max())
    print(f"compiling: {compile_s:.2f} s")
    print(
        f"ours, {options.threads} thread(s): {our_rate:.0f} pairs a second of CPU, of {ours.size}"
    )
    print(f"dtw-python: {peer_rate:.0f} pairs a second of CPU, of {num_peer}")
    print(f"ratio: {our_rate / peer_rate:.1f}; largest difference: {difference:.1e}")
    if difference > 1e-9:
        raise SystemExit("the distances differ by more than 1e-9")


if __name__ == "__main__":
    main()
