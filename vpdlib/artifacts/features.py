"""Descriptors, whatever made them."""

from vpdlib.artifacts.group import Column, VideoGroup


class Features(VideoGroup):
    """Descriptors of length D of N frames of a video.

    Attributes
    ----------
    frame : (N,) indices of the frames, rising.
    time_s : (N,) presentation times, seconds on a player's clock.
    descriptor : (N, 2, D) row 0 regular, row 1 of the flipped picture or pose.
    """

    kind, version, rule = "features", 1, "embed_frames"

    frame = Column("i4", ("N",))
    time_s = Column("f8", ("N",))
    descriptor = Column("f4", ("N", 2, "D"))
