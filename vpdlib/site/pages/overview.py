"""The first page: what was run, on what, counts, problems, time by stage."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import yaml

from vpdlib.atomic import write_text
from vpdlib.datasets.tables import ProblemRow, SummaryRow, read_rows
from vpdlib.report.stage_times import (
    JobLog,
    StageTime,
    read_logs,
    times_in_benchmarks,
    times_in_logs,
    when_run,
)
from vpdlib.site import what_was_run
from vpdlib.site.site import Page, Site

_SPLITS = ("train", "val", "test")
#: Problems of a stage that the page shows; the rest is in the CSV beside it, and the page says so.
_MOST_PROBLEMS = 200
#: The job that builds the site has not finished its log yet.
_OWN_STAGE = "build_site"


def build(site: Site) -> Page:
    """The page ``index.html``."""
    splits = Counter(action.split for action in site.actions)
    counts = Counter((action.label, action.split) for action in site.actions)
    settings = site.sources.settings
    # Logs and benchmark files are no inputs of the job: they say nothing of the results, and a job that runs later,
    # such as of an overlay, is no reason to build the site again. So they are read as they are now.
    logs = [log for log in read_logs(site.sources.results) if log.stage != _OWN_STAGE]
    times, measured_by = _times(site.sources.results, logs)
    problems = site.file("problems.csv")
    if site.problems and problems is not None:
        write_text(site.out / "data/problems.csv", problems.read_text(encoding="utf-8"))
    return Page(
        "index",
        "Overview",
        {
            "splits": {split: splits[split] for split in _SPLITS if splits[split]},
            "classes": {name: [counts[name, split] for split in _SPLITS] for name in site.classes},
            "num_videos": len(site.videos),
            "num_groups": len({video.group for video in site.videos if video.group}),
            "minutes": sum(video.duration_s for video in site.videos) / 60,
            "summary": _summary(site),
            "runs": {
                "Before recognition": what_was_run.stages(settings),
                "Feature sets": what_was_run.feature_sets(settings),
                "Students that are trained": what_was_run.students(settings, site.students),
                "Heads": what_was_run.heads(settings),
            },
            "trials": what_was_run.trials(settings),
            "settings": yaml.safe_dump(dict(settings), sort_keys=False, allow_unicode=True)
            if settings
            else "",
            "problems": _by_stage(site.problems),
            "most_problems": _MOST_PROBLEMS,
            "times": times,
            "all_cpu_s": sum(time.cpu_s for time in times),
            "all_wall_s": sum(time.wall_s for time in times),
            "silent": sum(time.silent for time in times),
            "measured_by": measured_by,
            "when": when_run(logs),
            "clock": clock,
            "h_min": h_min,
            "sought": site.file("found.csv") is not None or site.file("to_label.csv") is not None,
        },
    )


def clock(seconds: float) -> str:
    """Seconds as hours, minutes and seconds: ``2:10:05``, ``0:00:07``, ``< 1 s``."""
    whole = round(seconds)
    if not whole:
        return "< 1 s"
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def h_min(seconds: float) -> str:
    """Seconds in words: ``2 h 10 min``, ``10 min``, ``7 s``."""
    if round(seconds) < 60:
        return f"{round(seconds)} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return " ".join([f"{hours} h"] * (hours > 0) + [f"{minutes} min"] * (minutes > 0))


def _summary(site: Site) -> list[SummaryRow]:
    """Counts beside published ones; empty where nothing is published, since they are on the page otherwise."""
    rows = read_rows(site.sources.results / "dataset/summary.csv", SummaryRow)
    return rows if any(row.published for row in rows) else []


def _by_stage(problems: list[ProblemRow]) -> dict[str, list[ProblemRow]]:
    """Problems by the stage that met them, in the order in which they come."""
    found: dict[str, list[ProblemRow]] = {}
    for problem in problems:
        found.setdefault(problem.stage, []).append(problem)
    return found


def _times(results: Path, logs: Sequence[JobLog]) -> tuple[list[StageTime], str]:
    """The stages that took longest first, and what measured them."""
    for what, measure in (
        ("logs", lambda: times_in_logs(logs)),
        ("benchmark files", lambda: times_in_benchmarks(results)),
    ):
        times = [time for time in measure() if time.stage != _OWN_STAGE]
        if any(time.wall_s for time in times):
            return sorted(times, key=lambda time: -time.cpu_s), what
    return [], ""
