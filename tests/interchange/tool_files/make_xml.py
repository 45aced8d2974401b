"""Make the files of tools whose labels are XML, by the tools' own code.

Run once, with Python 3.11, in an environment of its own::

    pip install pympi-ling==1.71 kloppy==3.19.1 datumaro==1.13.0
    python tests/interchange/tool_files/make_xml.py

ELAN documents are written by pympi-ling, Sportscode XML by kloppy, CVAT XML by Datumaro. What the same packages read of
the files is printed; the tests have it as numbers. CVAT's own server writes tracks in more detail, and ANVIL has no
package: those files are made in the tests, after their source code and published samples.
"""

from __future__ import annotations

import shutil
import tempfile
import xml.etree.ElementTree as ET
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path

from datumaro.components.annotation import AnnotationType, Bbox, Label, LabelCategories
from datumaro.components.dataset import Dataset
from datumaro.components.dataset_base import DatasetItem
from datumaro.components.media import Image
from kloppy import sportscode
from kloppy.domain import (
    Code,
    CodeDataset,
    DatasetFlag,
    Metadata,
    Orientation,
    Period,
    Provider,
    Score,
)
from pympi.Elan import Eaf

HERE = Path(__file__).parent


def make_elan(path: Path) -> None:
    """Tiers of every kind, two videos and a sound file."""
    eaf = Eaf(author="")
    eaf.adocument["DATE"] = "2024-05-01T10:00:00+00:00"
    eaf.remove_tier("default")
    eaf.add_linked_file(
        "file:///home/mia/videos/heat_01.mp4", "./heat_01.mp4", "video/mp4", time_origin=2500
    )
    eaf.add_linked_file("file:///home/mia/videos/side_01.mp4", "./side_01.mp4", "video/mp4")
    eaf.add_linked_file(
        "file:///home/mia/videos/heat_01.wav",
        "./heat_01.wav",
        "audio/x-wav",
        ex_from="file:///home/mia/videos/heat_01.mp4",
    )
    eaf.add_linguistic_type("phases", "Symbolic_Subdivision", timealignable=False)
    eaf.add_linguistic_type("notes", "Symbolic_Association", timealignable=False)
    eaf.add_linguistic_type("parts", "Time_Subdivision")
    eaf.add_tier("jumps", "default-lt", part="mia", ann="zoe")
    eaf.add_tier("phases", "phases", parent="jumps", part="mia", ann="zoe")
    eaf.add_tier("notes", "notes", parent="jumps")
    eaf.add_tier("parts", "parts", parent="jumps")
    # In another order than that of time, as people add them.
    eaf.add_annotation("jumps", 12_040, 13_500, "lutz")
    eaf.add_annotation("jumps", 3_000, 4_000, "axel")
    eaf.add_annotation("jumps", 20_000, 20_700, "")
    previous = None
    for phase in ("entry", "flight", "landing"):
        eaf.add_ref_annotation("phases", "jumps", 3_500, phase, prev=previous)
        previous = f"a{eaf.maxaid}"
    eaf.add_ref_annotation("phases", "jumps", 12_500, "flight")
    eaf.add_ref_annotation("notes", "jumps", 12_500, "under-rotated")
    add_parts(eaf)
    eaf.to_file(str(path))
    read = Eaf(str(path))
    for tier in read.get_tier_names():
        print(path.name, tier, read.get_annotation_data_for_tier(tier))
    print(path.name, "phases by symbsub", read.get_annotation_data_for_symbsub_tier("phases"))


def add_parts(eaf: Eaf) -> None:
    """The lutz in three parts, between which only the order is known."""
    lutz = next(one for one in eaf.tiers["jumps"][0].values() if one[2] == "lutz")
    inner = [eaf.generate_ts_id(None) for _ in range(2)]
    slots = [lutz[0], *inner, lutz[1]]
    for first, last, value in zip(slots[:-1], slots[1:], ("run", "jump", "glide"), strict=True):
        name = eaf.generate_annotation_id()
        eaf.annotations[name] = "parts"
        eaf.tiers["parts"][0][name] = (first, last, value, None)


def make_sportscode(path: Path) -> None:
    """Instances with labels of several kinds; texts that look like numbers."""
    period = Period(id=1, start_timestamp=timedelta(0), end_timestamp=timedelta(seconds=60))

    def code(number: str, name: str, start: float, end: float, **labels: object) -> Code:
        return Code(
            period=period,
            code_id=number,
            code=name,
            timestamp=timedelta(seconds=start),
            end_timestamp=timedelta(seconds=end),
            labels=labels,
            ball_state=None,
            ball_owning_team=None,
            statistics=[],
        )

    dataset = CodeDataset(
        metadata=Metadata(
            teams=[],
            periods=[period],
            pitch_dimensions=None,
            score=Score(0, 0),
            frame_rate=0.0,
            orientation=Orientation.NOT_SET,
            flags=~(DatasetFlag.BALL_OWNING_TEAM | DatasetFlag.BALL_STATE),
            provider=Provider.OTHER,
            coordinate_system=None,
        ),
        records=[
            code("1", "axel", 3.0, 4.04, group="mia", Bib="07", Phase=["entry", "flight"]),
            code("2", "lutz", 12.04, 13.5, clean=True),
            code("3", "1_0", 3.52, 4.0),
        ],
    )
    sportscode.save(dataset, str(path))
    for one in sportscode.load(str(path)).codes:
        print(path.name, one.code, one.start_timestamp, one.end_timestamp, one.labels)


def make_cvat(folder: Path) -> None:
    """Tags of frames 0 to 9, and a track that is gone on frame 6."""
    labels = LabelCategories.from_iterable(["axel", "lutz"])
    for label in labels:
        label.attributes |= {"group", "phase"}

    def item(frame: int) -> DatasetItem:
        annotations: list[object] = []
        if 2 <= frame < 6:
            phase = "entry" if frame < 4 else "flight"
            annotations.append(Label(0, attributes={"group": "mia", "phase": phase}))
        if frame in (4, 5, 6, 8):
            annotations.append(Label(1))
        box = {"track_id": 0, "outside": frame == 6, "keyframe": frame in (2, 6)}
        if 2 <= frame <= 6:
            annotations.append(Bbox(1, 2, 30, 40, label=0, attributes=box))
        return DatasetItem(
            id=f"frame_{frame:06d}",
            subset="default",
            media=Image.from_file(path=f"frame_{frame:06d}.png", size=(48, 64)),
            attributes={"frame": frame},
            annotations=annotations,
        )

    for name, use_track in (("tags", False), ("track", True)):
        dataset = Dataset.from_iterable(
            [item(frame) for frame in range(10)], categories={AnnotationType.label: labels}
        )
        with tempfile.TemporaryDirectory() as temporary:
            dataset.export(temporary, "cvat", save_media=False, use_track=use_track)
            shutil.copy(Path(temporary) / "default.xml", folder / f"{name}.xml")


def show_cvat(path: Path) -> None:
    """What Datumaro reads of the track: boxes by frame, and which are outside."""
    from datumaro.plugins.data_formats.cvat.base import CvatBase

    for one in sorted(CvatBase(str(path)), key=lambda one: one.attributes["frame"]):
        print(
            path.name,
            one.attributes["frame"],
            [(type(a).__name__, a.attributes.get("outside")) for a in one.annotations],
        )


def main() -> None:
    for package in ("pympi-ling", "kloppy", "datumaro"):
        print(package, version(package))
    for name in ("elan", "sportscode", "cvat"):
        (HERE / name).mkdir(exist_ok=True)
    make_elan(HERE / "elan" / "heat_01.eaf")
    make_sportscode(HERE / "sportscode" / "heat_01.xml")
    make_cvat(HERE / "cvat")
    show_cvat(HERE / "cvat" / "track.xml")
    for path in HERE.glob("*/*.xml"):
        ET.parse(path)


if __name__ == "__main__":
    main()
