"""How long the jobs of each stage took, by what their logs say at the end, or else by Snakemake's benchmark files."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from vpdlib.progress import LOG_TIME

#: The end of a log, as workflow_scripts/_job.py writes it.
_DONE = re.compile(r": done in ([\d.]+) s, ([\d.]+) s of CPU")
#: Its last line, as vpdlib/progress.py writes it.
_WHEN = re.compile(r"^(\d{4}-\S+Z) to (\d{4}-\S+Z) on (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class JobLog:
    """What the log of a job says.

    Attributes
    ----------
    stage : the rule.
    took_s : wall time and CPU, seconds; None where the log does not say.
    ran : when it began and ended, UTC, and on what computer; None where the log does not say.
    """

    stage: str
    took_s: tuple[float, float] | None
    ran: tuple[datetime, datetime, str] | None


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


def read_logs(results: Path) -> list[JobLog]:
    """The logs of ``results/<dataset>``, in the order of their paths; empty where there are none."""
    folder = results / "logs"
    return [_log(path, folder) for path in sorted(folder.rglob("*.log"))]


def _log(path: Path, folder: Path) -> JobLog:
    text = path.read_text(errors="replace")
    took_s = ran = None
    if ends := _DONE.findall(text):
        wall_s, cpu_s = map(float, ends[-1])
        took_s = wall_s, cpu_s
    if lines := _WHEN.findall(text):
        begun, ended, computer = lines[-1]
        ran = _time(begun), _time(ended), computer
    return JobLog(_stage(path, folder), took_s, ran)


def _time(text: str) -> datetime:
    return datetime.strptime(text, LOG_TIME).replace(tzinfo=UTC)


def when_run(logs: Sequence[JobLog]) -> WhenRun | None:
    """When the jobs of some logs ran; None where no log says it."""
    spans = [log.ran for log in logs if log.ran is not None]
    if not spans:
        return None
    first = last = min(begun for begun, _, _ in spans)
    busy_s = 0.0
    for begun, ended, _ in sorted(spans):
        busy_s += max(0.0, (ended - max(begun, last)).total_seconds())
        last = max(last, ended)
    computers = Counter(computer for _, _, computer in spans)
    return WhenRun(first, last, busy_s, dict(computers.most_common()), len(logs) - len(spans))


def times_in_logs(logs: Iterable[JobLog]) -> list[StageTime]:
    """The stages by the logs of their jobs, by name; empty where there are none."""
    found: dict[str, StageTime] = {}
    for log in logs:
        time = _of(found, log.stage)
        if log.took_s is None:
            time.silent += 1
        else:
            time.wall_s += log.took_s[0]
            time.cpu_s += log.took_s[1]
    return [found[stage] for stage in sorted(found)]


def times_in_benchmarks(results: Path) -> list[StageTime]:
    """The same of ``results/<dataset>`` by Snakemake's benchmark files, which miss the CPU of the end of most jobs."""
    found: dict[str, StageTime] = {}
    for path in sorted((results / "benchmarks").rglob("*.tsv")):
        time = _of(found, _stage(path, results / "benchmarks"))
        table = pd.read_csv(path, sep="\t")
        time.wall_s += float(table["s"].sum())
        time.cpu_s += float(table["cpu_time"].sum())
    return [found[stage] for stage in sorted(found)]


def _of(found: dict[str, StageTime], stage: str) -> StageTime:
    """A stage, with one job more."""
    time = found.setdefault(stage, StageTime(stage))
    time.jobs += 1
    return time


def _stage(path: Path, folder: Path) -> str:
    return path.relative_to(folder).parts[0].removesuffix(path.suffix)
