"""What a student may learn from."""

from vpdlib.artifacts.group import Column, VideoGroup


class WeakLabels(VideoGroup):
    """A teacher's vectors, of length D, for the N frames of a video that have a pose.

    Attributes
    ----------
    frame : (N,) indices of the frames, as of the poses.
    pose_norm : (N, 2, D) the vector, row 0 regular, row 1 flipped; NaN where a pose has none.
    motion_norm : (N, 2, D) its change since the previous frame.
    score : (N,) mean score of the 13 joints.
    kept : (N,) whether the teacher is believed.
    """

    kind, version, rule = "weak_labels", 1, "select_weak_labels"

    frame = Column("i4", ("N",))
    pose_norm = Column("f4", ("N", 2, "D"))
    motion_norm = Column("f4", ("N", 2, "D"))
    score = Column("f4", ("N",))
    kept = Column("?", ("N",))
