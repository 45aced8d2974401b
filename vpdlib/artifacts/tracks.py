"""The athlete's boxes."""

from vpdlib.artifacts.group import Column, VideoGroup


class Tracks(VideoGroup):
    """The athlete in each of the N frames of a video.

    Attributes
    ----------
    time_s : (N,) presentation times, seconds on a player's clock.
    shot : (N,) number of the shot that a frame is of.
    segment : (N,) number of the athlete's segment; -1 where there is no box.
    previous_frame : (N,) index of the frame 1/25 s earlier, of the same shot and segment; -1 where there is none.
    box_px : (N, 4) xyxy, end-exclusive, in pixels of the picture as shown; NaN where there is no box.
    origin : (N,) how the box was found (``vpdlib.tracking.fill``).
    score : (N,) of the detector, 0 to 1.
    """

    kind, version, rule = "tracks", 2, "track_athlete"

    time_s = Column("f8", ("N",))
    shot = Column("i4", ("N",))
    segment = Column("i4", ("N",))
    previous_frame = Column("i4", ("N",))
    box_px = Column("f4", ("N", 4))
    origin = Column("u1", ("N",))
    score = Column("f4", ("N",))
