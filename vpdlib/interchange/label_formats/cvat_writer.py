"""Actions as tracks of "CVAT for video" XML 1.1: each a box of the whole picture, on all of its frames."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement

from vpdlib.interchange.formats import WrittenAction, WrittenVideo
from vpdlib.interchange.label_formats.frame_spans import frame_span
from vpdlib.interchange.xml_parts import write_xml

#: Attributes of an action's track.
GROUP, PROBABILITY = "group", "probability"


def write(videos: Sequence[WrittenVideo], folder: Path, name: str) -> list[Path]:
    """A file for each video, as :class:`vpdlib.interchange.formats.LabelFormat` has it.

    Raises
    ------
    DatasetError
        If an action has no frame of its own.
    """
    del name
    labels = sorted({action.label for video in videos for action in video.actions})
    paths = []
    for video in videos:
        path = folder / f"{video.video_id}.xml"
        root = Element("annotations")
        SubElement(root, "version").text = "1.1"
        _add_meta(root, video, labels)
        for n, action in enumerate(video.actions):
            _add_track(root, n, action, video, path)
        write_xml(path, root)
        paths.append(path)
    return paths


def _add_meta(root: Element, video: WrittenVideo, labels: Sequence[str]) -> None:
    task = SubElement(SubElement(root, "meta"), "task")
    facts = {
        "name": video.video_id,
        "size": video.num_frames,
        "mode": "interpolation",
        "overlap": 0,
        "start_frame": 0,
        "stop_frame": video.num_frames - 1,
        "frame_filter": "",
    }
    for tag, value in facts.items():
        SubElement(task, tag).text = str(value)
    listed = SubElement(task, "labels")
    for label in labels:
        entry = SubElement(listed, "label")
        SubElement(entry, "name").text = label
        SubElement(entry, "type").text = "any"
        attributes = SubElement(entry, "attributes")
        for name in (GROUP, PROBABILITY):
            one = SubElement(attributes, "attribute")
            SubElement(one, "name").text = name
            SubElement(one, "mutable").text = "False"
            SubElement(one, "input_type").text = "text"
            SubElement(one, "default_value").text = ""
            SubElement(one, "values").text = ""
    size = SubElement(task, "original_size")
    SubElement(size, "width").text = str(video.width)
    SubElement(size, "height").text = str(video.height)
    SubElement(task, "source").text = video.path.name


def _add_track(
    root: Element, number: int, action: WrittenAction, video: WrittenVideo, path: Path
) -> None:
    first, end = frame_span(action, video, "pictures")
    track = SubElement(root, "track", id=str(number), label=action.label, source="manual")
    # Where there is a frame after the action, the track is gone on it.
    for frame in range(first, min(end + 1, video.num_frames)):
        box = SubElement(
            track,
            "box",
            frame=str(frame),
            keyframe=str(int(frame in (first, end))),
            outside=str(int(frame == end)),
            occluded="0",
            xtl="0.00",
            ytl="0.00",
            xbr=f"{video.width:.2f}",
            ybr=f"{video.height:.2f}",
            z_order="0",
        )
        if action.group:
            SubElement(box, "attribute", name=GROUP).text = action.group
        if action.probability is not None:
            SubElement(box, "attribute", name=PROBABILITY).text = f"{action.probability:.4f}"
