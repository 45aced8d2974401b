"""Have other packages read what vpd writes as ELAN, Sportscode and CVAT files: the same times and classes.

Run as `make_xml.py` beside it, from the project's root, with pydantic besides::

    PYTHONPATH=. python tests/interchange/tool_files/check_xml.py
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections import defaultdict
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path

from datumaro.plugins.data_formats.cvat.base import CvatBase
from kloppy import sportscode
from pympi.Elan import Eaf

from vpdlib.interchange.formats import WrittenAction, WrittenVideo
from vpdlib.interchange.label_formats.cvat import CVAT
from vpdlib.interchange.label_formats.elan import ELAN
from vpdlib.interchange.label_formats.sportscode import SPORTSCODE

FPS, FRAMES = 30.0, 900
#: Video frames, class, probability, group.
Expected = list[tuple[int, int, str, float | None, str]]


def made_up(seed: int) -> Expected:
    """Actions that overlap, of two athletes, some found and some labelled."""
    rng = random.Random(seed)
    found: Expected = []
    for _ in range(40):
        start = rng.randrange(FRAMES - 60)
        probability = rng.choice([None, round(rng.random(), 4)])
        # kloppy makes 7 of a code 07.
        label = rng.choice(["axel", "lutz & <flip>", "fall 07"])
        found.append(
            (start, start + rng.randint(1, 60), label, probability, rng.choice(["", "mia"]))
        )
    return sorted(set(found), key=lambda one: one[:3])


def read_elan(path: Path) -> list[tuple[float, float, str]]:
    eaf = Eaf(str(path))
    assert [one["MEDIA_URL"] for one in eaf.media_descriptors] == ["file:///home/mia/heat_01.mp4"]
    found = []
    for tier in eaf.get_tier_names():
        if tier.startswith("actions"):
            own = sorted(eaf.get_annotation_data_for_tier(tier))
            assert all(one[1] <= other[0] for one, other in pairwise(own)), tier
            found += [(start / 1000, end / 1000, label) for start, end, label in own]
    return sorted(found)


def read_sportscode(path: Path) -> list[tuple[float, float, str]]:
    return sorted(
        (one.start_timestamp.total_seconds(), one.end_timestamp.total_seconds(), one.code)
        for one in sportscode.load(str(path)).codes
    )


def read_cvat(path: Path) -> list[tuple[float, float, str]]:
    base = CvatBase(str(path))
    names = [one.name for one in next(iter(base.categories().values())).items]
    frames: dict[tuple[int, str], list[int]] = defaultdict(list)
    for item in base:
        for one in item.annotations:
            # Datumaro gives the box of the frame on which the track is gone too.
            if not one.attributes["outside"]:
                key = one.attributes["track_id"], names[one.label]
                frames[key].append(item.attributes["frame"])
    for own in frames.values():
        assert sorted(own) == list(range(min(own), max(own) + 1))
    return sorted(
        (min(own) / FPS, (max(own) + 1) / FPS, label) for (_, label), own in frames.items()
    )


def main() -> None:
    for package in ("pympi-ling", "kloppy", "datumaro"):
        print(package, version(package))
    for seed in range(5):
        expected = made_up(seed)
        actions = [
            WrittenAction(start / FPS, end / FPS, label, probability, group)
            for start, end, label, probability, group in expected
        ]
        path = Path("/home/mia/heat_01.mp4")
        videos = [WrittenVideo("heat_01", path, FRAMES / FPS, FPS, FRAMES, 64, 48, actions)]
        wanted = sorted((start / FPS, end / FPS, label) for start, end, label, _, _ in expected)
        with tempfile.TemporaryDirectory() as temporary:
            for one, read, exact_s in (
                (ELAN, read_elan, 0.0005001),
                (SPORTSCODE, read_sportscode, 1.1e-6),
                (CVAT, read_cvat, 1e-9),
            ):
                assert one.write is not None
                (written, *_) = one.write(videos, Path(temporary), "labels")
                got = read(written)
                agree = [label for _, _, label in got] == [label for _, _, label in wanted]
                differ = max(
                    abs(a - b)
                    for g, w in zip(got, wanted, strict=True)
                    for a, b in zip(g[:2], w[:2], strict=True)
                )
                print(f"{one.name}: {len(got)} actions, times differ by up to {differ:.7f} s")
                if not agree or differ > exact_s:
                    sys.exit(f"{one.name} is read otherwise: {got} for {wanted}")


if __name__ == "__main__":
    main()
