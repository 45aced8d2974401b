"""The teacher's keypoints."""

from vpdlib.artifacts.group import Column, VideoGroup


class Poses(VideoGroup):
    """The athlete's pose in the N frames of a video that have a box.

    Attributes
    ----------
    frame : (N,) indices of the frames, rising.
    keypoints_px : (N, 17, 3) COCO-17: x, y in pixels of the picture as shown, and score.
    looked_at : (N,) 1 where the teacher was asked, 0 where the pose is interpolated; of another tool's poses it is
        not there.
    """

    kind, version, rule = "poses", 1, "estimate_pose"

    frame = Column("i4", ("N",))
    keypoints_px = Column("f4", ("N", 17, 3))
    looked_at = Column("u1", ("N",), optional=True)
