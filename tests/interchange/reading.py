"""Reading labels of a few videos, as tests of formats need it."""

from vpdlib.datasets.settings import LabelSettings
from vpdlib.interchange.labels import LabelledVideos, read_labels


def read(
    places,
    sources,
    durations_s,
    group_pattern=None,
    folder=None,
    problems=None,
    *,
    rates_fps=None,
    times_of=None,
    label_format=None,
    **settings,
):
    """The actions of files of labels; ``settings`` are those of the section `labels`."""
    videos = LabelledVideos(sources, durations_s, rates_fps or {}, times_of, folder)
    places = places if isinstance(places, list) else [places]
    return read_labels(
        places, videos, group_pattern, LabelSettings(**settings), label_format, problems
    )
