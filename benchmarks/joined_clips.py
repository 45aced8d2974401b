"""Whom does the tracker follow in uncut videos? Clips of JHMDB joined in ten kinds, by the workflow's own rules.

A joined video is of several attempts of one athlete or of several, with empty segments, hard cuts, cuts away and
back, or somebody else beside the athlete (``benchmarks/joined/kinds.py``). The clips' source videos are dealt to
``dev``, for design, and ``held-out``, to be looked at once. Each checkout of the project runs its own Snakemake rules
up to ``tracks``; printed by kind: labelled pictures, the fraction of them that is followed, of those the fraction with
the right person, attempts found, mean IoU with the annotated box, and the fraction of pictures without the athlete that
have a box (``benchmarks/joined/measure.py``).

Run: ``VPD_DATA=folder python -m benchmarks.joined_clips`` from the project's root, ``folder`` holding ``jhmdb`` with
masks; ``--checkout before=PATH after=.`` compares. Videos and results are kept below ``--folder``: run again after
an edit, Snakemake makes anew what depends on it, so a change of tracking alone costs seconds.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

import yaml

from benchmarks._options import plain_environment
from benchmarks.joined.clips import SPLITS
from benchmarks.joined.kinds import KINDS
from benchmarks.joined.measure import Score, read_boxes, score, total
from benchmarks.joined.videos import kind_of, make_videos, read_truth

NUM_SHARDS = 8


def main() -> None:
    """Make videos, follow, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkout", nargs="+", default=["."], help="folders, or name=folder")
    parser.add_argument("--split", nargs="+", choices=SPLITS, default=list(SPLITS))
    parser.add_argument("--kind", nargs="+", choices=list(KINDS), default=list(KINDS))
    parser.add_argument("--videos", type=int, default=4, help="of a kind and split")
    parser.add_argument("--every", type=int, default=2, help="every_nth_frame of detection")
    parser.add_argument("--folder", type=Path, default=Path("build/joined_clips"))
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--each", action="store_true", help="print every video too")
    parser.add_argument("--set", default="{}", help="YAML of settings laid over the dataset's")
    options = parser.parse_args()
    jhmdb = Path(os.environ.get("VPD_DATA", "data")) / "jhmdb"
    if not (jhmdb / "masks.bin.xz").exists():
        print(f"skipped: no {jhmdb / 'masks.bin.xz'}; set VPD_DATA to the folder of jhmdb")
        return
    made = make_videos(jhmdb, options.folder.resolve(), options.videos, options.seed)
    found: dict[tuple[str, str], dict[str, Score]] = {}
    names = []
    for given in options.checkout:
        name, _, path = given.rpartition("=")
        checkout = Path(path).resolve()
        names.append(name or checkout.name)
        for split in options.split:
            start = time.monotonic()
            tracks = follow(checkout, made, split, options)
            truth = read_truth(made / split)
            boxes = read_boxes(tracks, {video: len(t.shot) for video, t in truth.items()})
            found[names[-1], split] = {v: score(boxes[v], truth[v]) for v in truth}
            seconds = time.monotonic() - start
            print(f"{names[-1]}: {commit(checkout)}, {split}: {seconds:.0f} s", flush=True)
    print(f"videos: {made}")
    for split in options.split:
        print(f"\n{split}")
        print_table({name: found[name, split] for name in names}, options.kind, options.each)


def follow(checkout: Path, made: Path, split: str, options: argparse.Namespace) -> list[Path]:
    """Run a checkout's rules up to the tracks of one split; return the shards' files.

    Raises
    ------
    RuntimeError
        If Snakemake fails.
    """
    dataset = split.replace("-", "_")
    work = made / str(checkout).strip("/").replace("/", "_")
    settings = {
        "title": f"Joined clips, {split}",
        "adapter": {"kind": "folder", "videos": f"{split}/videos", "labels": f"{split}/labels.csv"},
        "num_shards": NUM_SHARDS,
        "people": {"every_nth_frame": options.every},
        **yaml.safe_load(options.set),
    }
    for folder in ("datasets", "vipe"):
        (work / folder).mkdir(parents=True, exist_ok=True)
    (work / "datasets" / f"{dataset}.yaml").write_text(yaml.safe_dump(settings))
    config = {
        "data_dir": str(made),
        "networks_dir": str(checkout / "resources/networks"),
        "device": "cpu",
    }
    (work / "config.yaml").write_text(yaml.safe_dump(config))
    tracks = [work / f"results/{dataset}/tracks/{shard:04d}.h5" for shard in range(NUM_SHARDS)]
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(checkout / "Snakefile")]
    command += ["--directory", str(work), "--cores", str(options.cores), "--nocolor"]
    command += [str(path.relative_to(work)) for path in tracks]
    # Each checkout finds its own library, and the data of its own settings.
    environment = plain_environment()
    environment.pop("PYTHONPATH", None)
    done = subprocess.run(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
        cwd=work,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{checkout}: Snakemake failed in {work}:\n{done.stdout[-4000:]}")
    return tracks


def commit(checkout: Path) -> str:
    """Short hash of a checkout's commit, with a plus where files are changed."""

    def git(*words: str) -> str:
        return subprocess.run(
            ["git", "-C", str(checkout), *words], capture_output=True, text=True, check=True
        ).stdout.strip()

    return git("rev-parse", "--short", "HEAD") + (
        "+" if git("status", "--porcelain", "-uno") else ""
    )


def print_table(found: dict[str, dict[str, Score]], kinds: list[str], each: bool) -> None:
    """Print one split, a row a kind (or video), as Markdown; the checkouts' figures side by side, then the total."""
    rows: list[tuple[str, list[str]]] = []
    videos = [video for video in next(iter(found.values())) if kind_of(video) in kinds]
    for kind in kinds:
        of_kind = [video for video in videos if kind_of(video) == kind]
        rows.append((kind, of_kind))
        if each:
            rows += [(video, [video]) for video in of_kind]
    rows.append(("all", videos))
    columns = ("followed", "right", "found", "IoU", "false")
    head = [f"{name}: {column}" for name in found for column in columns]
    print("| " + " | ".join(["kind", "videos", "pictures", *head]) + " |")
    print("|" + "---|" * (3 + len(head)))
    for title, of_row in rows:
        sums = [total(scores[video] for video in of_row) for scores in found.values()]
        cells = [title, str(sums[0].videos), str(sums[0].labelled)]
        for s in sums:
            cells += [
                fraction(s.followed, s.labelled),
                fraction(s.right, s.followed),
                f"{s.found}/{s.attempts}",
                f"{s.iou_sum / s.followed:.2f}" if s.followed else "-",
                fraction(s.false, s.nobody),
            ]
        print("| " + " | ".join(cells) + " |")


def fraction(part: int, whole: int) -> str:
    """A share in percent."""
    return f"{100 * part / whole:.1f}" if whole else "-"


if __name__ == "__main__":
    main()
