"""What several benchmarks ask for on the command line, and start other programs with."""

from __future__ import annotations

import argparse
import os


def options_or_skip(parser: argparse.ArgumentParser, needed: str, what: str) -> argparse.Namespace:
    """The options of a benchmark, with a seed; where the one that it needs is not given, say so and end well."""
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    if getattr(options, needed) is None:
        print(f"skipped: no {what} is given")
        parser.exit()
    return options


def plain_environment() -> dict[str, str]:
    """The environment without what would have a program read another folder of data, or another profile."""
    hidden = ("VPD_DATA", "SNAKEMAKE_PROFILE")
    return {name: value for name, value in os.environ.items() if name not in hidden}
