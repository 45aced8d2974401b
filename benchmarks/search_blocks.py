"""A search of Diving48's size in one process, and in two at once, each with a block of the queries.

The corpus has the 16,997 actions of Diving48, of 40 to 180 frames (110 in the mean, as its clips have at 25 frames a
second), each a stretch of a video out of a dataset's features. Measured are the seconds of CPU of a sample of the 1,970
queries, of retrieval (``rank_actions``) and nearest neighbours (``flip_min_distances``, among 15,027). Two processes
get ready twice and search for the same, so that the difference is what comes before the first query, and the rest is
that of the queries; all 1,970 by the rule of three, of the longer block. That both ways find the same, to the bit, is
checked. Snakemake adds the start of a job for each block. Run, from the project's root:
``python -m benchmarks.search_blocks results/demo``.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks._options import options_or_skip
from vpdlib.artifacts import read_artifact
from vpdlib.artifacts.features import Features
from vpdlib.recognition.nns import flip_min_distances
from vpdlib.retrieval.search import rank_actions
from vpdlib.retrieval.settings import RetrievalSettings

QUERIES, CORPUS, TRAINING = 1970, 16_997, 15_027
LENGTHS = (40, 181)
_sequences: dict[str, NDArray[np.floating]] = {}

#: What is found of each query, seconds of CPU, and peak memory in MB.
Part = tuple[dict[str, tuple[NDArray[np.generic], ...]], float, float]


def main() -> None:
    """Measure both searches both ways."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", type=Path, nargs="?", help="without it nothing is done")
    parser.add_argument("--features", default="student/vpd2d", help="below features/")
    parser.add_argument("--corpus", type=int, default=CORPUS)
    parser.add_argument("--queries", type=int, default=48, help="sampled for retrieval")
    parser.add_argument("--tests", type=int, default=16, help="sampled for neighbours")
    options = options_or_skip(parser, "results", "folder of results")
    _sequences.update(cut(options.results / "features" / options.features, options))
    columns = ("search", "sample", "CPU, s: one", "two", "before the first", "a query")
    columns += ("all, h: one", "two", "ratio", "MB")
    print(f"| {' | '.join(columns)} |\n{'|---' * len(columns)}|")
    for search, sampled in ((retrieve, options.queries), (neighbours, options.tests)):
        found, cpu_s, peak_mb = [], [], 0.0
        for processes in (1, 2):
            wanted = list(_sequences)[:sampled]
            blocks = [wanted[block::processes] for block in range(processes)]
            with multiprocessing.get_context("fork").Pool(processes) as pool:
                parts = pool.map(search, blocks, chunksize=1)
            cpu_s.append(sum(part[1] for part in parts))
            peak_mb = max(peak_mb, *(part[2] for part in parts))
            found.append({name: rows for part in parts for name, rows in part[0].items()})
        for name in found[0]:
            for one, two in zip(found[0][name], found[1][name], strict=True):
                if not np.array_equal(one, two):
                    raise SystemExit(f"{search.__name__}: {name} is not the same in blocks")
        ready_s = max(cpu_s[1] - cpu_s[0], 0.0)
        each_s = (cpu_s[0] - ready_s) / sampled
        one_h, two_h = ((ready_s + each_s * QUERIES / jobs) / 3600 for jobs in (1, 2))
        print(
            f"| {search.__name__} | {sampled} | {cpu_s[0]:.1f} | {cpu_s[1]:.1f} | {ready_s:.1f} | {each_s:.3f} | "
            f"{one_h:.2f} | {two_h:.2f} | {one_h / two_h:.2f} | {peak_mb:.0f} |",
            flush=True,
        )


def retrieve(queries: list[str]) -> Part:
    """The ranked lists of some queries, as `rule retrieve_block` makes them."""
    start = _ready()
    result = rank_actions(_sequences, queries, list(_sequences), RetrievalSettings())
    lists = zip(result.query_ids, result.indices, result.distances, strict=True)
    return _part({name: (indices, distances) for name, indices, distances in lists}, start)


def neighbours(tests: list[str]) -> Part:
    """The distances of some test actions to all training actions, as `rule recognize_block` measures them."""
    start = _ready()
    training = [_sequences[name] for name in list(_sequences)[-TRAINING:]]
    rows = flip_min_distances([_sequences[name] for name in tests], training)
    return _part({name: (row,) for name, row in zip(tests, rows, strict=True)}, start)


def _ready() -> float:
    """The time, once what is compiled has been read."""
    few = {name: _sequences[name] for name in list(_sequences)[:40]}
    for corpus in (list(few), list(_sequences)[: 21 * 4]):
        settings = RetrievalSettings(top_k=4, ks=(1,))
        rank_actions(_sequences, list(few)[:2], corpus, settings)
    return time.process_time()


def _part(found: dict[str, tuple[NDArray[np.generic], ...]], start: float) -> Part:
    cpu_s = time.process_time() - start
    return found, cpu_s, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def cut(folder: Path, options: argparse.Namespace) -> dict[str, NDArray[np.floating]]:
    """Stretches (T, 2, d) of videos, by an id that says nothing."""
    generator = np.random.default_rng(options.seed)
    descriptors = []
    for path in sorted(folder.glob("*.h5")):
        with read_artifact(path, Features) as artifact:
            descriptors += [video.descriptor for video in artifact.videos()]
    descriptors = [one[np.isfinite(one).all(axis=(1, 2))] for one in descriptors]
    descriptors = [one for one in descriptors if len(one) > LENGTHS[1]]
    if not descriptors:
        raise SystemExit(f"{folder}: no video of more than {LENGTHS[1]} frames with the athlete")
    sequences = {}
    for index in range(options.corpus):
        video = descriptors[generator.integers(len(descriptors))]
        length = int(generator.integers(*LENGTHS))
        first = int(generator.integers(len(video) - length))
        sequences[f"{index:05d}"] = video[first : first + length]
    return sequences


if __name__ == "__main__":
    main()
