"""Person detectors: the contract, NanoDet, MoveNet MultiPose, mmdet, and joining what they find."""

from vpdlib.people.base import SOURCES, DetectorName, People, PersonDetector
from vpdlib.people.build import build_detector
from vpdlib.people.merge import merge_people

__all__ = ["SOURCES", "DetectorName", "People", "PersonDetector", "build_detector", "merge_people"]
