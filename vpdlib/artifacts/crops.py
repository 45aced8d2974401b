"""The athlete cut out of the frames."""

from vpdlib.artifacts.group import Column, PictureColumn, VideoGroup


class Crops(VideoGroup):
    """Squares of side S from the N frames of a video that have the athlete.

    Attributes
    ----------
    frame : (N,) indices of the frames, rising.
    previous_frame : (N,) index of the frame 1/25 s earlier; -1 where there is none.
    rect_px : (N, 4) what was cut out, xyxy in pixels of the picture as shown; it may reach outside.
    crop, previous : (N, S, S, 3) RGB of the frame and of the one before, by the same rectangle.
    mask : (N, S, S) 1 on the athlete, 0 on the background; all 1 where the athlete has no mask.
    """

    kind, version, rule = "crops", 1, "crop_athlete"

    frame = Column("i4", ("N",))
    previous_frame = Column("i4", ("N",))
    rect_px = Column("i4", ("N", 4))
    crop = PictureColumn("u1", ("N", "S", "S", 3))
    previous = PictureColumn("u1", ("N", "S", "S", 3))
    mask = PictureColumn("u1", ("N", "S", "S"), optional=True)
