"""``python -m vpdlib look``: the arguments, and what is said."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

#: As in config.yaml; beside it, clips that are fetched to look at.
_NETWORKS_DIR, _SAMPLES_DIR = Path("resources/networks"), Path("resources/samples")


def add_look(commands: Any, cores: int) -> None:
    """Add the command to a parser's ``commands``; ``cores`` are its threads unless they are given."""
    look = commands.add_parser(
        "look",
        help="draw what is seen in a video",
        description="Follow the athlete through the first seconds of a video, and draw box, pose, crop and flow.",
    )
    look.add_argument(
        "video", nargs="?", metavar="VIDEO", help="a file (default: an example that is fetched)"
    )
    look.add_argument("--out", type=Path, required=True, help="folder of the video and the picture")
    look.add_argument(
        "--seconds", type=float, default=5.0, help="so much of it, from its beginning (default: 5)"
    )
    look.add_argument("--threads", type=int, default=cores, help="CPU threads (default: cores)")
    look.add_argument("--networks-dir", type=Path, default=_NETWORKS_DIR, help="of the networks")
    look.add_argument("--samples-dir", type=Path, default=_SAMPLES_DIR, help="of the example")
    look.add_argument(
        "--downloads-dir", type=Path, help="cache of downloads, as downloads_dir in config.yaml"
    )
    look.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the command; 1 where the video cannot be used or what it needs cannot be had."""
    from vpdlib.downloads import downloads_dir
    from vpdlib.pipeline.look import LookOptions, look_at, summary
    from vpdlib.pipeline.sample import fetch_sample
    from vpdlib.progress import logged_to

    downloads = downloads_dir(options.downloads_dir)
    try:
        wanted = LookOptions(
            options.out, options.networks_dir, downloads, options.seconds, options.threads
        )
        with logged_to(options.out / "look.log", tell=True):
            # An empty name is what `make look` gives where VIDEO is not set.
            if options.video:
                video = Path(options.video)
            else:
                video = fetch_sample(options.samples_dir, downloads)
            looked = look_at(video, wanted)
            print(summary(looked, options.seconds))
    # What the user can mend: a message is enough.
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    print(looked.overlay)
    print(looked.picture)
    return 0
