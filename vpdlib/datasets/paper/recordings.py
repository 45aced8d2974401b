"""Which frames of which recording a clip holds (docs/method.md section 2.6).

A skating clip and a tennis point carry the frames of their broadcast in their names, end-exclusive. A FineGym event
is cut from the frame of its start, rounded down, to that of its end, rounded up, by the times of the annotation: the
whole seconds in the name are not enough. (The released script wrote .05 s as .5 s.)
"""

from __future__ import annotations

from vpdlib.datasets.adapters.published import PublishedAdapter
from vpdlib.datasets.base import DatasetError
from vpdlib.datasets.paper.protocol import PaperDataset
from vpdlib.datasets.paths import DataPaths
from vpdlib.video.recut import Cut


def cuts_of(
    adapter: PublishedAdapter, dataset: PaperDataset, recording: str, paths: DataPaths
) -> tuple[list[Cut], float]:
    """What to cut from one recording.

    Parameters
    ----------
    adapter : says which frames of a recording a clip holds.
    dataset : its clips.
    recording : name, see :meth:`vpdlib.datasets.adapters.published.PublishedAdapter.recording_of`.
    paths : resolves the paths of label files that the user brings.

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
    clips = {
        clip: info
        for clip, info in sorted(dataset.clips().items())
        if adapter.recording_of(clip) == recording
    }
    frames = adapter.frames_of(clips, paths)
    rates = {info.fps for info in clips.values()}
    if len(rates) > 1:
        raise DatasetError(f"{recording}: its clips have published rates {sorted(rates)}")
    cuts = sorted(
        (Cut(clip, *frames[clip]) for clip in clips),
        key=lambda cut: (cut.first_frame, cut.clip_id),
    )
    return cuts, rates.pop() if rates else 0.0
