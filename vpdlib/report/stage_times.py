"""How long the jobs of each stage took, by what their logs say at the end, or else by Snakemake's benchmark files."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from vpdlib.progress import LOG_TIME

#: The end of a log, as workflow_scripts/_job.py writes it.
_DONE = re.compile(r": done in ([\d.]+) s, ([\d.]+) s of CPU")
#: Its last line, as vpdlib/progress.py writes it.
_WHEN = re.compile(r"^(\d{4}-\S+Z) to (\d{4}-\S+Z) on (.+)$", re.MULTILINE)


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


@dataclass(frozen=True)
class WhenRun:
    """When the jobs that are in the logs ran, and where.

    Attributes
    ----------
    begun, ended : the first beginning and the last end, UTC.
    busy_s : seconds in which at least one job ran.
    computers : how many jobs ran on each, those of most first.
    silent : jobs whose log does not say when.
    """

    begun: datetime
    ended: datetime
    busy_s: float
    computers: dict[str, int]
    silent: int


def when_run(results: Path, apart_from: str = "") -> WhenRun | None:
    """When the jobs ran by the logs of ``results/<dataset>``; None where no log says it.

    Parameters
    ----------
    results : the dataset's folder.
    apart_from : a stage that does not count.
    """
    spans: list[tuple[datetime, datetime]] = []
    computers = Counter[str]()
    silent = 0
    for path in sorted((results / "logs").rglob("*.log")):
        if _stage(path, results / "logs") == apart_from:
            continue
        found = _WHEN.findall(path.read_text(errors="replace"))
        if found:
            begun, ended, computer = found[-1]
            spans.append((_time(begun), _time(ended)))
            computers[computer] += 1
        else:
            silent += 1
    if not spans:
        return None
    busy_s, last = 0.0, min(begun for begun, _ in spans)
    for begun, ended in sorted(spans):
        busy_s += max(0.0, (ended - max(begun, last)).total_seconds())
        last = max(last, ended)
    first = min(begun for begun, _ in spans)
    return WhenRun(first, last, busy_s, dict(computers.most_common()), silent)


def _time(text: str) -> datetime:
    return datetime.strptime(text, LOG_TIME).replace(tzinfo=UTC)


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
    stage = _stage(path, folder)
    time = found.setdefault(stage, StageTime(stage))
    time.jobs += 1
    return time


def _stage(path: Path, folder: Path) -> str:
    return path.relative_to(folder).parts[0].removesuffix(path.suffix)
