"""Ranked search that rules pairs out by a lower bound, beside measuring every pair: seconds, peak memory, same lists.

A corpus of FX35's size (7,634 actions) is cut out of the features of a dataset, each a stretch of 20 to 44 frames of
some video at a random place. Each way runs in a process of its own on one thread; lists that differ are an error.
``--checkout PATH`` measures every pair with another checkout's library instead, say an earlier commit's.
Run: ``python -m benchmarks.ranked_search results/demo`` from the project's root.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks._options import options_or_skip
from vpdlib.retrieval import search
from vpdlib.retrieval.settings import RetrievalSettings

WAYS = ("every pair", "ruled out")


def main() -> None:
    """Measure both, print, and fail if the lists differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", type=Path, nargs="?", help="without it nothing is done")
    parser.add_argument("--features", default="student/vpd2d", help="below features/")
    parser.add_argument("--sequences", type=int, default=7634)
    parser.add_argument("--top-k", type=int, default=100)
    parser.add_argument("--checkout", type=Path, help="whose library measures every pair")
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path, help=argparse.SUPPRESS)
    options = options_or_skip(parser, "results", "folder of results")
    if options.way:
        measure(options)
        return
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(folder) / "corpus.npz"
        np.savez(
            corpus,
            **cut(options.results / "features" / options.features, options.sequences, options.seed),
        )
        for way in WAYS:
            out = Path(folder) / f"{way}.npz"
            library = options.checkout if options.checkout and way == "every pair" else Path.cwd()
            arguments = (corpus, "--top-k", options.top_k, "--way", way, "--out", out)
            subprocess.run(
                [sys.executable, "-m", "benchmarks.ranked_search", *map(str, arguments)],
                # Not from here: the folder that a module is run from comes first among those looked in.
                cwd=folder,
                env={**os.environ, "PYTHONPATH": f"{library.resolve()}{os.pathsep}{Path.cwd()}"},
                check=True,
            )
            found[way] = dict(np.load(out))
            print(
                way,
                json.dumps({key: float(found[way][key]) for key in ("cpu_s", "peak_mb")}),
                flush=True,
            )
    every, ruled = (found[way] for way in WAYS)
    for name in ("indices", "distances"):
        if not np.array_equal(every[name], ruled[name]):
            raise SystemExit(f"the two ways differ in {name}")
    print(f"ratio {every['cpu_s'] / ruled['cpu_s']:.2f}, the same lists of {options.top_k}")


def measure(options: argparse.Namespace) -> None:
    """Rank once, one way."""
    sequences = dict(np.load(options.results))
    ids = list(sequences)
    if options.way == "every pair":
        # An earlier library knows no other way.
        search._CORPUS_PER_RESULT = len(ids) + 1
    settings = RetrievalSettings(top_k=options.top_k, ks=(1,))
    few = ids[:40]
    search.rank_actions(sequences, few, few, settings)
    search.rank_actions(sequences, few, ids[: 21 * options.top_k], settings)
    start = time.process_time()
    result = search.rank_actions(sequences, ids, ids, settings)
    cpu_s = time.process_time() - start
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    np.savez(
        options.out,
        indices=result.indices,
        distances=result.distances,
        cpu_s=cpu_s,
        peak_mb=peak_mb,
    )


def cut(folder: Path, num_sequences: int, seed: int) -> dict[str, NDArray[np.floating]]:
    """Stretches (T, 2, d) of videos, by an id that says nothing."""
    # An earlier library, which ranks what is cut here, has them elsewhere.
    from vpdlib.artifacts import read_artifact
    from vpdlib.artifacts.features import Features

    generator = np.random.default_rng(seed)
    descriptors = []
    for path in sorted(folder.glob("*.h5")):
        with read_artifact(path, Features) as artifact:
            descriptors += [video.descriptor for video in artifact.videos()]
    descriptors = [one[np.isfinite(one).all(axis=(1, 2))] for one in descriptors]
    descriptors = [one for one in descriptors if len(one) > 44]
    sequences = {}
    for index in range(num_sequences):
        video = descriptors[generator.integers(len(descriptors))]
        length = int(generator.integers(20, 45))
        first = int(generator.integers(len(video) - length))
        sequences[f"{index:05d}"] = video[first : first + length]
    return sequences


if __name__ == "__main__":
    main()
