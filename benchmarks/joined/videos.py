"""Making the joined videos, once: a folder per split with ``videos``, ``truth`` and ``labels.csv``."""

from __future__ import annotations

import ast
import hashlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.joined import clips, kinds, timeline
from benchmarks.joined.clips import SPLITS, read_corpus
from benchmarks.joined.kinds import KINDS
from benchmarks.joined.timeline import Timeline, write_labels
from vpdlib.progress import track


@dataclass(frozen=True)
class Truth:
    """What is right about one joined video of T pictures; see :class:`benchmarks.joined.timeline.Timeline`."""

    truth_px: np.ndarray
    shot: np.ndarray
    nobody: np.ndarray


def make_videos(jhmdb: Path, folder: Path, per_kind: int, seed: int) -> Path:
    """Make what is not there yet; return the folder below ``folder`` that holds the splits.

    Its name changes with the code that makes the videos, their number and the seed.
    """
    digest = hashlib.sha256(f"{per_kind} {seed}".encode())
    for module in (clips, kinds, timeline):
        # The syntax tree: comments and formatting change no picture.
        digest.update(ast.dump(ast.parse(Path(str(module.__file__)).read_bytes())).encode())
    made = folder / digest.hexdigest()[:10]
    if made.exists():
        return made
    corpus = read_corpus(jhmdb)
    unfinished = made.with_name(f".{made.name}.{os.getpid()}")
    shutil.rmtree(unfinished, ignore_errors=True)
    wanted = [
        (split, kind, number) for split in SPLITS for kind in KINDS for number in range(per_kind)
    ]
    rows: dict[str, list[tuple[str, str, str, str]]] = {split: [] for split in SPLITS}
    for split, kind, number in track(wanted, "making videos", unit="video"):
        place = list(KINDS).index(kind)
        line = Timeline(np.random.default_rng([seed, SPLITS.index(split), place, number]))
        # Other kinds begin with other athletes.
        KINDS[kind](line, corpus, split, place * per_kind + number)
        line.write(unfinished / split, name_of(kind, number))
        rows[split] += line.labels(name_of(kind, number))
    for split in SPLITS:
        write_labels(unfinished / split / "labels.csv", rows[split])
    unfinished.rename(made)
    return made


def name_of(kind: str, number: int) -> str:
    """A video's id."""
    return f"{kind}_{number:02d}"


def kind_of(video: str) -> str:
    """The kind of the video of an id."""
    return video.rpartition("_")[0]


def read_truth(folder: Path) -> dict[str, Truth]:
    """Truth of every video of one split's folder, by id."""
    found = {}
    for path in sorted((folder / "truth").glob("*.npz")):
        with np.load(path) as file:
            found[path.stem] = Truth(file["truth_px"], file["shot"], file["nobody"])
    return found
