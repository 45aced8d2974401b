"""``python -m vpdlib doctor``: the arguments, and what is said."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

#: As in config.yaml.
_NETWORKS_DIR = Path("resources/networks")
#: All is to be done in 20 s, with the start of Python.
_SECONDS = 18.0


def add_doctor(commands: Any) -> None:
    """Add the command to a parser's ``commands``."""
    doctor = commands.add_parser(
        "doctor",
        help="what works here, and what to do about the rest",
        description="Look at packages, networks, back ends, codecs and the machine. Nothing is installed or fetched. "
        "Exit status 1 where something does not work that `make demo` needs.",
    )
    doctor.add_argument("--json", action="store_true", help="for programs")
    doctor.add_argument(
        "--seconds",
        type=float,
        default=_SECONDS,
        help="leave behind what takes longer (default: 18)",
    )
    doctor.add_argument("--networks-dir", type=Path, default=_NETWORKS_DIR, help="of the networks")
    doctor.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the command; 1 where something does not work that ``make demo`` needs."""
    from vpdlib.doctor.examine import examine
    from vpdlib.doctor.item import as_json, table

    items = examine(options.networks_dir, Path("results"), options.seconds)
    print(as_json(items) if options.json else table(items))
    return int(any(item.stops_the_demo for item in items))
