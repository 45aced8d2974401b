"""CPU seconds of every stage of a finished run, beside those of another one: where the time goes, and the ratio.

Snakemake writes a benchmark file for each job; their CPU times are added up by rule. Two runs are compared where both
were made on the same machine under like load. ``python -m benchmarks.stage_times --runs
before=PATH/results/demo after=results/demo``; one run alone is listed by itself.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

import pandas as pd

from benchmarks._options import options_or_skip


def seconds_by_stage(results: Path) -> Counter[str]:
    """Rule -> CPU seconds of all its jobs, from the benchmark files of a dataset's results.

    Raises
    ------
    SystemExit
        If there is none.
    """
    found: Counter[str] = Counter()
    for path in sorted((results / "benchmarks").rglob("*.tsv")):
        stage = path.relative_to(results / "benchmarks").parts[0].removesuffix(".tsv")
        found[stage] += float(pd.read_csv(path, sep="\t")["cpu_time"].sum())
    if not found:
        raise SystemExit(f"{results}: no benchmark files of jobs there; name results/<dataset>")
    return found


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
