"""Everyone whom the detectors saw."""

from vpdlib.artifacts.group import Column, VideoGroup


class People(VideoGroup):
    """The people of every n-th frame of a video: T frames of the video, M sampled ones, K people in all.

    Attributes
    ----------
    time_s : (T,) presentation times, seconds on a player's clock.
    shot : (T,) number of the shot that a frame is of; a cut lies between two.
    frame : (M,) indices of the sampled frames, rising.
    looked_at : (M,) 1 where a detector looked at the frame, 0 where its people are interpolated.
    num_people : (M,) how many of the K rows below each of them has, in order.
    box_px : (K, 4) xyxy, end-exclusive, in pixels of the picture as shown.
    score : (K,) of the detector, 0 to 1.
    source : (K,) which detector, by its place in the settings.
    keypoints_px : (K, 17, 3) COCO-17: x, y, score; NaN where the detector gives none.
    appearance : (K, 20) colours of the upper and the lower body (``vpdlib.people.appearance``).
    mask : (K, 392) packed, over ``box_px`` (``vpdlib.geometry``); a row of zeros where a person has none.
    """

    kind, version, rule = "people", 3, "detect_people"

    time_s = Column("f8", ("T",))
    shot = Column("i4", ("T",))
    frame = Column("i4", ("M",))
    looked_at = Column("u1", ("M",))
    num_people = Column("i4", ("M",))
    box_px = Column("f4", ("K", 4))
    score = Column("f4", ("K",))
    source = Column("u1", ("K",))
    keypoints_px = Column("f4", ("K", 17, 3))
    appearance = Column("u1", ("K", 20))
    mask = Column("u1", ("K", 392), optional=True)
