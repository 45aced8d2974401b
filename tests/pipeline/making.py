"""A small model of joints, its networks untrained, and videos; detector and teacher are stubs."""

import shutil

import numpy as np
import torch

from vpdlib.action_detection.model import DetectionEnsemble, FrameBiGRU
from vpdlib.action_detection.settings import FrameBiGRUSettings, ProposalSettings
from vpdlib.crops.settings import CropSettings
from vpdlib.datasets.tables import VideoRow
from vpdlib.finding.detector import Detector, save_detector
from vpdlib.finding.finder import Finder, OperatingPoint
from vpdlib.finding.finder_folder import save_finder
from vpdlib.finding.recogniser import Calibration, Examples, NeighbourRecogniser
from vpdlib.finding.recogniser_folder import save_recogniser
from vpdlib.finding.settings import FindingSettings
from vpdlib.flow.settings import FlowSettings
from vpdlib.people.base import People, SingleImageDetector
from vpdlib.people.settings import PeopleSettings
from vpdlib.pipeline.layout import FINDER
from vpdlib.pipeline.model import write_model
from vpdlib.pipeline.settings import FeatureRecipe, ModelSettings
from vpdlib.poses.settings import PoseSettings
from vpdlib.provenance import digest_file
from vpdlib.recognition.settings import RecognitionSettings
from vpdlib.tracking.settings import TrackingSettings
from vpdlib.video.writer import VideoWriter

CLASSES = ("jump", "turn")
CHANNELS = 26
FOLDS = (("a",), ("b",))
LEARNT = VideoRow("a", "/videos/a.mp4", 0, 25.0, 48, 64, 30, 1.2, "train", fingerprint="1 abc")


class Everywhere(SingleImageDetector):
    """Sees one person in every picture."""

    def detect(self, image_rgb):
        empty = People.empty()
        return People(
            np.float32([[8, 4, 40, 60]]),
            np.float32([0.9]),
            np.zeros(1, np.uint8),
            np.full((1, *empty.keypoints_px.shape[1:]), np.nan, np.float32),
        )


class Guess:
    """A teacher whose answers follow from the picture's brightness."""

    batch_size = 4

    def __init__(self):
        self.attributes = {}

    def estimate_many(self, views):
        rng = np.random.default_rng(0)
        base = rng.uniform(5, 40, (17, 3)).astype(np.float32)
        base[:, 2] = 0.9
        return [base + np.float32(view.image_rgb.mean() / 50) * base[::-1] for view in views]


def settings_of(**changes):
    given = {
        "title": "Mine",
        "method": "joints2d",
        "head": "nns",
        "parts": ("joints2d",),
        "features": {"joints2d": FeatureRecipe(kind="joints")},
        "people": PeopleSettings(),
        "tracking": TrackingSettings(),
        "crops": CropSettings(),
        "flow": FlowSettings(),
        "poses": PoseSettings(),
    }
    return ModelSettings(**{**given, **changes})


def trained(folder, seed=0, threshold=0.0):
    """The folders of a recogniser, a detector and a finder, by where they lie in a model."""
    rng = np.random.default_rng(seed)
    sequences = tuple(rng.normal(size=(5, 2, CHANNELS)).astype(np.float32) for _ in range(4))
    examples = Examples(
        sequences,
        np.arange(4) % 3,
        np.array([0, 1, 0, 1]),
        ("a", "b", "a", "b"),
        ("a1", "b1", "", ""),
    )
    recogniser = NeighbourRecogniser(
        "nns",
        CLASSES,
        True,
        RecognitionSettings(),
        CHANNELS,
        FOLDS,
        1.0,
        Calibration(),
        examples,
        1.0,
    )
    settings = FrameBiGRUSettings(hidden=4, layers=1, fc_width=8)
    torch.manual_seed(seed)
    networks = tuple(FrameBiGRU(CHANNELS, settings, 2).eval() for _ in FOLDS)
    ensemble = DetectionEnsemble(networks, settings, CHANNELS, FOLDS, (1, 1), (0.5, 0.5))
    detector = Detector(ensemble, FOLDS, ("",), ProposalSettings(sweep=(0.4, 0.45)), 0.4)
    folders = {
        ("recognisers", "joints2d"): folder / "recogniser",
        ("detectors", "joints2d"): folder / "detector",
        (FINDER,): folder / "finder",
    }
    save_recogniser(folder / "recogniser", recogniser, "joints2d")
    save_detector(folder / "detector", detector, "joints2d")
    finder = Finder(
        {"joints2d": recogniser},
        {"joints2d": detector},
        FindingSettings(),
        operating=OperatingPoint(threshold),
    )
    made_of = {
        f"{kind}/joints2d": digest_file(folder / kind / "settings.json")
        for kind in ("recogniser", "detector")
    }
    save_finder(folder / "finder", finder, made_of)
    return folders


def make_model(folder, seed=0, **changes):
    """Write a model and return its folder; what it was made of goes away."""
    folders = trained(folder / "made", seed)
    write_model(folder / "model", settings_of(**changes), folders, [LEARNT], "# Card\n")
    shutil.rmtree(folder / "made")
    return folder / "model"


def write_video(path, seed=0, num_frames=30):
    rng = np.random.default_rng(seed)
    with VideoWriter(path, 25, 48, 64, crf=5) as writer:
        for at in range(num_frames):
            level = 60 + 60 * np.sin(at / 3 + seed)
            noise = rng.integers(0, 60, (64, 48, 3))
            writer.write((level + noise).astype(np.uint8))
    return path
