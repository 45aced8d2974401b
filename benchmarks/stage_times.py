"""CPU seconds of every stage of a finished run, beside those of another one: where the time goes, and the ratio.

A job's log ends with the seconds of CPU that it used; they are added up by rule. A run whose logs do not say (of a
commit before they did) is measured by Snakemake's benchmark files, which miss the end of most jobs: this is said, and
its sums are too low. Two runs are compared where both were made on the same machine under like load.
``python -m benchmarks.stage_times --runs before=PATH/results/demo after=results/demo``; one run alone is listed by
itself.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

import pandas as pd

from benchmarks._options import options_or_skip
from vpdlib.report.stage_times import read_logs, times_in_benchmarks, times_in_logs


def seconds_by_stage(results: Path) -> Counter[str]:
    """Rule -> CPU seconds of all its jobs, from the logs of a dataset's results, or else from its benchmark files.

    Raises
    ------
    SystemExit
        If there is neither.
    """
    times = times_in_logs(read_logs(results))
    silent = sum(time.silent for time in times)
    if not times or silent:
        times = times_in_benchmarks(results)
        if not times:
            raise SystemExit(
                f"{results}: neither logs nor benchmark files of jobs there; name results/<dataset>"
            )
        print(
            f"{results}: {silent} logs say nothing of CPU, so this is Snakemake's measure, which misses ends of jobs"
        )
    return Counter({time.stage: time.cpu_s for time in times})


def main() -> None:
    """Print a table, the heaviest stage of the last run first."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", nargs="+", metavar="NAME=RESULTS", help="one run or two")
    options = options_or_skip(parser, "runs", "finished run")
    runs = {}
    for run in options.runs:
        name, _, folder = run.partition("=")
        runs[name] = seconds_by_stage(Path(folder or name))
    table = pd.DataFrame(runs).fillna(0.0)
    last = table.columns[-1]
    table = table.sort_values(last, ascending=False)
    table.loc["all"] = table.sum()
    table["share, %"] = 100 * table[last] / table.loc["all", last]
    if len(runs) == 2:
        table["ratio"] = table[last] / table[table.columns[0]]
    print(table.round(2).to_string())


if __name__ == "__main__":
    main()
