"""``python -m vpdlib``: what is done without a dataset and without Snakemake.

``find`` finds every action in videos that nobody has labelled, by a model that was shared; ``labels convert`` takes
files of labels from one tool to another; ``look`` draws what is seen in a video; ``doctor`` says what works here.
"""

from __future__ import annotations

import argparse
import os
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from vpdlib.doctor.command import add_doctor
from vpdlib.pipeline.look_command import add_look
from vpdlib.progress import usable_cores

# Parallelism is by explicit thread counts; libraries that help themselves to all cores are slower. Set before NumPy
# is imported.
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")

#: As in config.yaml.
_NETWORKS_DIR = Path("resources/networks")


def main(arguments: list[str] | None = None) -> int:
    """Run a command; return its exit status: 1 where a video, or everything, could not be done."""
    options = _parser().parse_args(arguments)
    return int(options.run(options))


def _convert(options: argparse.Namespace) -> int:
    """``labels convert``."""
    from pydantic import ValidationError

    from vpdlib.datasets.settings import LabelSettings
    from vpdlib.interchange.convert import ConvertOptions, convert_labels

    try:
        settings = LabelSettings(
            tier=tuple(options.tier),
            subject=tuple(options.subject),
            annotator=options.annotator,
            map=dict(options.map),
            point_window_s=options.point_window,
            fps=options.fps,
        )
        files = convert_labels(
            ConvertOptions(
                inputs=options.files[:-1],
                out=options.files[-1],
                videos=options.video,
                read_as=options.read_as,
                write_as=options.to,
                settings=settings,
                overwrite=options.overwrite,
            )
        )
    except ValidationError as error:
        wrong = error.errors()[0]
        option = {"fps": "--fps", "point_window_s": "--point-window"}.get(str(wrong["loc"][0]))
        given = wrong["input"]
        print(
            f"error: {option or wrong['loc'][0]} {given}: {wrong['msg']}. Correct it.",
            file=sys.stderr,
        )
        return 1
    # What the user can mend: a message is enough.
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    for file in files:
        print(file)
    return 0


def _find(options: argparse.Namespace) -> int:
    """``find``."""
    from vpdlib.downloads import downloads_dir
    from vpdlib.pipeline.find import FindOptions, find_in_videos
    from vpdlib.progress import logged_to, note

    wanted = FindOptions(
        out=options.out,
        networks_dir=options.networks_dir,
        downloads_dir=downloads_dir(options.downloads_dir),
        overlay=not options.no_overlay,
        clips=options.clips,
        tidy=options.tidy,
        device=options.device,
        threads=options.threads,
    )
    try:
        options.out.mkdir(parents=True, exist_ok=True)
        (options.out / "find.log").open("a").close()
    except OSError as error:
        print(
            f"error: --out {options.out}: cannot be written ({error.strerror}); name a folder that can.",
            file=sys.stderr,
        )
        return 1
    with logged_to(options.out / "find.log", tell=not options.quiet, append=True):
        note(f"{datetime.now():%Y-%m-%d %H:%M:%S}, videos: {len(options.videos)}")
        try:
            failed = find_in_videos(options.model, options.videos, wanted)
        # What the user can mend: a message is enough.
        except (ValueError, OSError) as error:
            print(f"error: {error}", file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            print("stopped; the same command goes on from here", file=sys.stderr)
            return 130
    if failed:
        print(
            f"{len(failed)} of {len(set(options.videos))} videos could not be used:",
            file=sys.stderr,
        )
        for one in failed:
            print(f"  {one.reason}", file=sys.stderr)
    return 1 if failed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m vpdlib", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    find = commands.add_parser("find", help="find every action in videos, by a shared model")
    find.add_argument("videos", nargs="+", type=Path, metavar="VIDEO", help="files of video")
    find.add_argument(
        "--model", type=Path, required=True, help="folder of a model: results/<dataset>/model"
    )
    find.add_argument(
        "--out", type=Path, required=True, help="folder of the results; the same one goes on"
    )
    find.add_argument("--clips", action="store_true", help="cut every found action out")
    find.add_argument("--no-overlay", action="store_true", help="no video with what was found")
    find.add_argument(
        "--tidy", action="store_true", help="remove OUT/work of a video once it is done"
    )
    find.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    find.add_argument(
        "--threads",
        type=_count,
        default=usable_cores(),
        help="CPU threads (default: one for each core)",
    )
    find.add_argument(
        "--networks-dir",
        type=Path,
        default=_NETWORKS_DIR,
        help=f"where networks are that a model does not hold (default: {_NETWORKS_DIR}); what is missing is fetched",
    )
    find.add_argument(
        "--downloads-dir", type=Path, help="cache of downloads, as downloads_dir in config.yaml"
    )
    find.add_argument("--quiet", action="store_true", help="say only what is wrong")
    find.set_defaults(run=_find)
    _add_labels(commands)
    add_look(commands, usable_cores())
    add_doctor(commands)
    return parser


def _add_labels(commands: Any) -> None:
    labels = commands.add_parser("labels", help="files of labels of other tools").add_subparsers(
        dest="what", required=True
    )
    convert = labels.add_parser(
        "convert",
        usage="python -m vpdlib labels convert IN [IN ...] OUT [--video VIDEO [VIDEO ...]] [options]",
        help="from one tool to another",
        description="Read files of labels, and write them as another tool's; docs/formats.md lists the formats.",
    )
    convert.add_argument(
        "files",
        nargs="+",
        type=Path,
        metavar="IN ... OUT",
        help="files or folders of labels; last, a file of the wanted format's ending, or a folder",
    )
    convert.add_argument(
        "--video",
        nargs="+",
        action="extend",
        type=Path,
        default=[],
        help="the videos, or folders of them: lengths, rates and sizes",
    )
    convert.add_argument(
        "--from",
        dest="read_as",
        metavar="FORMAT",
        help="format of the files read (default: by content)",
    )
    convert.add_argument(
        "--to", metavar="FORMAT", help="format of the files written (default: by the ending)"
    )
    convert.add_argument(
        "--tier", action="append", default=[], help="take this tier; may be repeated"
    )
    convert.add_argument(
        "--subject", action="append", default=[], help="take this subject; may be repeated"
    )
    convert.add_argument("--annotator", help="whose labels count")
    convert.add_argument(
        "--map",
        action="append",
        default=[],
        type=_renaming,
        metavar="THEIRS=OURS",
        help="rename a class; THEIRS= drops it",
    )
    convert.add_argument(
        "--point-window",
        nargs=2,
        type=float,
        metavar=("BEFORE", "AFTER"),
        help="seconds around an event without duration",
    )
    convert.add_argument(
        "--fps", type=float, help="rate by which a tool counts frames, where it does not say"
    )
    convert.add_argument("--overwrite", action="store_true", help="replace files that are there")
    convert.set_defaults(run=_convert)


def _renaming(text: str) -> tuple[str, str | None]:
    theirs, sign, ours = text.rpartition("=")
    if not theirs or not sign:
        raise argparse.ArgumentTypeError(
            f"{text}: expected THEIRS=OURS, or THEIRS= to leave a class out"
        )
    return theirs, ours or None


def _count(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} threads: give 1 or more")
    return value


if __name__ == "__main__":
    sys.exit(main())
