"""How long the jobs of each stage took, by what their logs say at the end, or else by Snakemake's benchmark files."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

#: The end of a log, as workflow_scripts/_job.py writes it.
_DONE = re.compile(r": done in ([\d.]+) s, ([\d.]+) s of CPU")


@dataclass
class StageTime:
    """The jobs of one rule.

    Attributes
    ----------
    stage : the rule.
    jobs : how many have a log, or a benchmark file.
    wall_s, cpu_s : seconds of all of them together.
    silent : jobs whose log does not say; they count as none.
    """

    stage: str
    jobs: int = 0
    wall_s: float = 0.0
    cpu_s: float = 0.0
    silent: int = 0


def times_in_logs(results: Path) -> list[StageTime]:
    """The stages by the logs of ``results/<dataset>``, by name; empty where there are none."""
    found: dict[str, StageTime] = {}
    for path in sorted((results / "logs").rglob("*.log")):
        time = _of(found, path, results / "logs")
        ends = _DONE.findall(path.read_text(errors="replace"))
        if ends:
            wall_s, cpu_s = map(float, ends[-1])
            time.wall_s += wall_s
            time.cpu_s += cpu_s
        else:
            time.silent += 1
    return [found[stage] for stage in sorted(found)]


def times_in_benchmarks(results: Path) -> list[StageTime]:
    """The same by Snakemake's benchmark files, which miss the CPU of the end of most jobs."""
    found: dict[str, StageTime] = {}
    for path in sorted((results / "benchmarks").rglob("*.tsv")):
        time = _of(found, path, results / "benchmarks")
        table = pd.read_csv(path, sep="\t")
        time.wall_s += float(table["s"].sum())
        time.cpu_s += float(table["cpu_time"].sum())
    return [found[stage] for stage in sorted(found)]


def _of(found: dict[str, StageTime], path: Path, folder: Path) -> StageTime:
    """The stage whose log or benchmark file it is, with one job more."""
    stage = path.relative_to(folder).parts[0].removesuffix(path.suffix)
    time = found.setdefault(stage, StageTime(stage))
    time.jobs += 1
    return time
