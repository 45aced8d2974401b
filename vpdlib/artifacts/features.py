"""Descriptors, whatever made them."""

from pathlib import Path

from vpdlib.artifacts.group import Column, VideoGroup

#: By the folder of the kind of feature set; networks that see crops share a rule.
_RULES = {
    "joints": "embed_joints2d",
    "vipe": "embed_vipe",
    "concat": "concat_features",
    "fused": "fuse_poses",
    "supplied": "import_features",
}


class Features(VideoGroup):
    """Descriptors of length D of N frames of a video.

    Attributes
    ----------
    frame : (N,) indices of the frames, rising.
    time_s : (N,) presentation times, seconds on a player's clock.
    descriptor : (N, 2, D) row 0 regular, row 1 of the flipped picture or pose.
    """

    kind, version, rule = "features", 1, "embed_frames"

    @classmethod
    def rule_of(cls, path: Path) -> str:
        """The rule of ``features/<kind>/<name>/<shard>.h5``."""
        return _RULES.get(path.parent.parent.name, cls.rule)

    frame = Column("i4", ("N",))
    time_s = Column("f8", ("N",))
    descriptor = Column("f4", ("N", 2, "D"))
