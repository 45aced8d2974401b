"""Tracks in which nothing happens, for tests of what comes after them."""

import numpy as np


def still_tracks(time_s):
    """The columns of a video's tracks of one segment, at times (T,) in seconds; the boxes are empty."""
    num = len(time_s)
    return {
        "time_s": time_s,
        "previous_frame": np.arange(num, dtype=np.int32) - 1,
        "shot": np.zeros(num, np.int32),
        "segment": np.zeros(num, np.int32),
        "box_px": np.zeros((num, 4), np.float32),
        "origin": np.zeros(num, np.uint8),
        "score": np.zeros(num, np.float32),
    }
