"""Optical flow between the crops."""

from vpdlib.artifacts.group import Column, PictureColumn, VideoGroup


class Flow(VideoGroup):
    """Flow of the N crops of a video, of side S.

    Attributes
    ----------
    frame : (N,) indices of the frames, as of the crops.
    flow : (N, S, S, 2) u and v from the previous crop to this one, quantised (``vpdlib.flow.quantise``).
    """

    kind, version, rule = "flow", 1, "estimate_flow"

    frame = Column("i4", ("N",))
    flow = PictureColumn("u1", ("N", "S", "S", 2))
