"""Whole pictures, for baselines without crops."""

from vpdlib.artifacts.group import Column, PictureColumn, VideoGroup


class Frames(VideoGroup):
    """The N frames of a video's labelled actions, resized to H by W.

    Attributes
    ----------
    frame : (N,) indices of the frames, rising.
    time_s : (N,) presentation times, seconds on a player's clock.
    picture : (N, H, W, 3) RGB.
    """

    kind, version, rule = "frames", 1, "resize_frames"

    frame = Column("i4", ("N",))
    time_s = Column("f8", ("N",))
    picture = PictureColumn("u1", ("N", "H", "W", 3))
