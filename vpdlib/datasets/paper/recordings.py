"""Which frames of which recording a clip holds (docs/method.md section 2.6).

A skating clip and a tennis point carry the frames of their broadcast in their names, end-exclusive. A FineGym event
is cut from the frame of its start, rounded down, to that of its end, rounded up, by the times of the annotation: the
whole seconds in the name are not enough. (The released script wrote .05 s as .5 s.)
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from vpdlib.datasets.base import DatasetError
from vpdlib.datasets.paper.fsjump6 import competition_of
from vpdlib.datasets.paper.fx35 import event_times
from vpdlib.datasets.paper.protocol import PaperDataset
from vpdlib.datasets.paper.tennis7 import match_of
from vpdlib.video.recut import Cut


def recording_of(kind: str, clip: str) -> str:
    """Name of the recording that a clip is cut from: competition, match or FineGym's video."""
    if kind == "fsjump6":
        return competition_of(clip)
    if kind == "tennis7":
        return match_of(clip)
    if kind == "fx35":
        return clip.split("_E_")[0]
    raise DatasetError(f"the clips of {kind} are not cut from recordings; set adapter.videos")


def cuts_of(
    kind: str, dataset: PaperDataset, recording: str, annotation: Mapping[str, Any] | None = None
) -> tuple[list[Cut], float]:
    """What to cut from one recording.

    Parameters
    ----------
    kind : "fsjump6", "tennis7" or "fx35".
    dataset : its clips.
    recording : name, see :func:`recording_of`.
    annotation : FineGym's, for "fx35".

    Returns
    -------
    The clips in order of their first frame (none if the dataset has none of this recording), and the published
    rate, frames a second.

    Raises
    ------
    DatasetError
        If the annotation is needed and not given, a clip's frames do not come to its published length, or clips of one
        recording have different rates.
    """
    cuts, rates = [], set()
    for clip, info in sorted(dataset.clips().items()):
        if recording_of(kind, clip) != recording:
            continue
        rates.add(info.fps)
        if kind == "fx35":
            if annotation is None:
                raise DatasetError(
                    "adapter.annotation: FineGym events are cut by the times of its annotation; set it "
                    "to finegym_annotation_info_v1.1.json (docs/datasets/fx35.md)."
                )
            start_s, end_s = event_times(annotation, clip, f"event {clip}")
            first, end = math.floor(start_s * info.fps), math.ceil(end_s * info.fps)
        else:
            first, end = (int(part) for part in clip.rsplit("_", 2)[1:])
            if end - first != info.num_frames:
                raise DatasetError(
                    f"{clip}: its name says {end - first} frames, the published facts {info.num_frames}. "
                    "Fetch the labels anew."
                )
        cuts.append(Cut(clip, first, end))
    if len(rates) > 1:
        raise DatasetError(f"{recording}: its clips have published rates {sorted(rates)}")
    cuts.sort(key=lambda cut: (cut.first_frame, cut.clip_id))
    return cuts, rates.pop() if rates else 0.0
