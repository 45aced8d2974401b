"""What is found in every video, before a threshold says what counts."""

from pathlib import Path

from vpdlib.artifacts.group import Column, VideoGroup


class Found(VideoGroup):
    """Segments of a video that may be actions, and what its labelled actions are named when their times are given.

    The root has the C class names, ``class_name``, and the ids of the labelled examples, ``example``.

    Attributes
    ----------
    start_s, end_s : (N,) seconds on a player's clock; the whole video where videos are one action.
    score : (N,) of the detector; NaN where none was asked.
    probability : (N, C) that the segment has the right time and this class.
    nearest : (N,) index of the nearest example of another video; -1 without one.
    given : (M, 2) start and end of the labelled actions that have the athlete, seconds.
    given_label : (M,) index of their class.
    given_probability : (M, C) of their classes, calibrated.
    given_raw : (M, C) before the calibration.
    """

    kind, version, rule = "found", 1, "find_actions"

    @classmethod
    def rule_of(cls, path: Path) -> str:
        """The rule of ``found/<method>/<head>/<shard>.h5``, or of ``frame_classes/<features>/<shard>.h5``."""
        by_frames = path.parent.parent.name == "frame_classes"
        return "find_by_frame_classes" if by_frames else cls.rule

    start_s = Column("f8", ("N",))
    end_s = Column("f8", ("N",))
    score = Column("f8", ("N",))
    probability = Column("f8", ("N", "C"))
    nearest = Column("i4", ("N",))
    given = Column("f8", ("M", 2))
    given_label = Column("i4", ("M",))
    given_probability = Column("f8", ("M", "C"))
    given_raw = Column("f8", ("M", "C"))
