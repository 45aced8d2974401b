"""A search of Diving48's size in one process, and in two at once, each with a block of the queries.

The corpus has the 16,997 actions of Diving48, of 40 to 180 frames (110 in the mean, as its clips have at 25 frames a
second), each a stretch of a video out of a dataset's features. Measured is a sample of the 1,970 queries, of retrieval
(``rank_actions``) and nearest neighbours (``flip_min_distances``, among 15,027): seconds of CPU and of wall time, the
seconds before the first query, and all of it with 1,970 queries by the plain rule of three. That both ways find the
same, to the bit, is checked. Snakemake adds the start of a job for each block. Run, from the project's root: ``python
-m benchmarks.search_blocks results/demo``.
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
#: Queries by which the seconds before the first one are told from those of each.
_FEW = 2
_sequences: dict[str, NDArray[np.floating]] = {}


def main() -> None:
    """Measure both searches both ways."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", type=Path, nargs="?", help="without it nothing is done")
    parser.add_argument("--features", default="student/vpd2d", help="below features/")
    parser.add_argument("--corpus", type=int, default=CORPUS)
    parser.add_argument("--queries", type=int, default=48, help="sampled for retrieval, even")
    parser.add_argument("--tests", type=int, default=16, help="sampled for neighbours, even")
    options = options_or_skip(parser, "results", "results")
    _sequences.update(cut(options.results / "features" / options.features, options))
    print(
        "| search | processes | s of CPU | of wall | before the first query | of each | all, h | MB |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for search, sampled, total in (
        (retrieve, options.queries, QUERIES),
        (neighbours, options.tests, QUERIES),
    ):
        found, all_h = [], []
        for processes in (1, 2):
            wanted = list(_sequences)[:sampled]
            blocks = [wanted[block::processes] for block in range(processes)]
            start = time.monotonic()
            with multiprocessing.get_context("fork").Pool(processes) as pool:
                parts = pool.map(search, blocks, chunksize=1)
            wall_s = time.monotonic() - start
            cpu_s = sum(part[1] for part in parts)
            before_s = float(np.mean([part[2] for part in parts]))
            each_s = float(np.mean([part[3] for part in parts]))
            # The longest block.
            hours = (before_s + each_s * total / processes) / 3600
            all_h.append(hours)
            joined = {name: rows for part in parts for name, rows in part[0].items()}
            found.append(joined)
            print(
                f"| {search.__name__} | {processes} | {cpu_s:.1f} | {wall_s:.1f} | {before_s:.1f} | {each_s:.3f} | "
                f"{hours:.2f} | {max(part[4] for part in parts):.0f} |",
                flush=True,
            )
        for name in found[0]:
            for one, two in zip(found[0][name], found[1][name], strict=True):
                if not np.array_equal(one, two):
                    raise SystemExit(f"{search.__name__}: {name} is not the same in blocks")
        print(f"{search.__name__}: ratio {all_h[0] / all_h[1]:.2f}, the same to the bit")


Part = tuple[dict[str, tuple[NDArray[np.generic], ...]], float, float, float, float]


def retrieve(queries: list[str]) -> Part:
    """The ranked lists of some queries, as `rule retrieve_block` makes them."""
    settings = RetrievalSettings()
    corpus = list(_sequences)

    def search(ids: list[str]) -> dict[str, tuple[NDArray[np.generic], ...]]:
        result = rank_actions(_sequences, ids, corpus, settings)
        return {
            name: (result.indices[row], result.distances[row])
            for row, name in enumerate(result.query_ids)
        }

    return _timed(search, queries)


def neighbours(tests: list[str]) -> Part:
    """The distances of some test actions to all training actions, as `rule recognize_block` measures them."""
    training = [_sequences[name] for name in list(_sequences)[-TRAINING:]]

    def search(ids: list[str]) -> dict[str, tuple[NDArray[np.generic], ...]]:
        rows = flip_min_distances([_sequences[name] for name in ids], training)
        return {name: (row,) for name, row in zip(ids, rows, strict=True)}

    return _timed(search, tests)


def _timed(search, ids) -> Part:  # type: ignore[no-untyped-def]
    """What is found; seconds of CPU of it, before the first query and of each; peak memory in MB."""
    # What is compiled is read before.
    few = list(_sequences)[:40]
    rank_actions({name: _sequences[name] for name in few}, few, few, RetrievalSettings())
    start = time.process_time()
    search(ids[:_FEW])
    few_s = time.process_time() - start
    start = time.process_time()
    found = search(ids)
    cpu_s = time.process_time() - start
    each_s = (cpu_s - few_s) / (len(ids) - _FEW)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return found, cpu_s, few_s - _FEW * each_s, each_s, peak_mb


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
