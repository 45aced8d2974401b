"""Networks of mmdet through our back end against mmdet's own API; the artifacts that come of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.people import mmdet_networks as networks
from tests.people.mmdet_networks import RTMDET, RTMDET_INS, WITH_MASKS, ZOO, Network, pictures
from tests.people.scripts import run_script, write_shard
from vpdlib.artifacts import read_artifact
from vpdlib.artifacts.kinds import KINDS
from vpdlib.crops.settings import CropSettings
from vpdlib.geometry import MASK_SIDE, unpack_mask
from vpdlib.people.base import People
from vpdlib.people.build import build_detector
from vpdlib.people.mmdet_detector import MMDetDetector, person_label
from vpdlib.people.settings import MMDetSettings, PeopleSettings
from vpdlib.tracking.settings import TrackingSettings
from vpdlib.video.reader import read_frames
from vpdlib.weights.check import WeightsError
from vpdlib.weights.zoo import find_config, forget_pretrained

#: Cuts the people of random networks in two; Faster and Mask R-CNN are less sure than RTMDet.
MIN_SCORE = {True: 0.2, False: 0.9}


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Network]]:
    """Random networks by name, each made once."""
    made: dict[str, Network] = {}

    def network(name: str) -> Network:
        if name not in made:
            made[name] = networks.random_network(name, tmp_path_factory.mktemp("network"))
        return made[name]

    yield network
    # pytest keeps the folders of several runs, and these files are large.
    for one in made.values():
        one.checkpoint.unlink()


def settings_of(network: Network, **changes: Any) -> MMDetSettings:
    values = {
        "config": str(network.config),
        "checkpoint": str(network.checkpoint),
        "min_score": 0.05,
        "masks": network.name in WITH_MASKS,
        "mask_min_score": 0.0,
    }
    return MMDetSettings.model_validate({**values, **changes})


def detector_of(network: Network, **changes: Any) -> MMDetDetector:
    return MMDetDetector(settings_of(network, **changes), Path(), "cpu", 1)


@dataclass(frozen=True)
class Reference:
    """People of one image by mmdet's own API: scores, boxes inside the image, masks (K, H, W) or None."""

    score: np.ndarray
    box_px: np.ndarray
    mask: np.ndarray | None


def reference(network: Network, images: list[np.ndarray], label: int = 0) -> list[Reference]:
    """The instances of one class that mmdet's own API finds."""
    from mmdet.apis import inference_detector, init_detector

    model = init_detector(str(network.config), str(network.checkpoint), device="cpu")
    found = []
    for image in images:
        result = inference_detector(model, np.ascontiguousarray(image[:, :, ::-1])).pred_instances
        height, width = image.shape[:2]
        box_px = np.clip(result.bboxes.numpy(), 0, [width, height, width, height])
        rows = ((box_px[:, 2:] - box_px[:, :2]) >= 1).all(axis=1)
        rows &= result.labels.numpy() == label
        mask = result.masks.numpy()[rows] if "masks" in result else None
        found.append(Reference(result.scores.numpy()[rows], box_px[rows], mask))
    return found


def assert_same_boxes(found: People, box_px: np.ndarray, score: np.ndarray) -> np.ndarray:
    """Compare with people in any order; return the row of ``found`` for each of them."""
    assert len(found) == len(box_px)
    if not len(found):
        return np.zeros(0, int)
    apart = np.abs(found.box_px[None] - box_px[:, None]).max(axis=2)
    rows = apart.argmin(axis=1)
    assert sorted(rows) == list(range(len(found)))
    np.testing.assert_allclose(found.box_px[rows], box_px, rtol=1e-4, atol=5e-3)
    np.testing.assert_allclose(found.score[rows], score, atol=1e-5)
    return rows


def pasted(packed: np.ndarray, box_px: np.ndarray, height: int, width: int) -> np.ndarray:
    """Look up each pixel's centre in the packed mask; False outside the box."""
    grid = unpack_mask(packed)
    y, x = np.mgrid[:height, :width] + 0.5
    column = np.floor((x - box_px[0]) / (box_px[2] - box_px[0]) * 56).astype(int)
    row = np.floor((y - box_px[1]) / (box_px[3] - box_px[1]) * 56).astype(int)
    inside = (column >= 0) & (column < 56) & (row >= 0) & (row < 56)
    return inside & grid[np.clip(row, 0, 55), np.clip(column, 0, 55)]


@pytest.mark.parametrize("name", ZOO)
def test_same_people_as_through_mmdets_own_api(make: Callable[[str], Network], name: str) -> None:
    network = make(name)
    images = [*pictures(2), *pictures(1, 130, 90, seed=1)]
    everyone = reference(network, images)
    # Half of the people are below the threshold.
    limit = float(np.median(np.concatenate([people.score for people in everyone]))) + 1e-6
    found = detector_of(network, min_score=limit).detect_many(images)
    num_people = num_masks = 0
    for image, people, expected in zip(images, found, everyone, strict=True):
        kept = expected.score >= limit
        rows = assert_same_boxes(people, expected.box_px[kept], expected.score[kept])
        num_people += len(rows)
        assert (people.score[:-1] >= people.score[1:]).all()
        assert (people.source == 2).all()
        assert not people.has_keypoints.any()
        assert (people.mask is not None) == (name in WITH_MASKS)
        if people.mask is None:
            continue
        y, x = np.mgrid[: image.shape[0], : image.shape[1]]
        for row, mask in zip(rows, expected.mask[kept], strict=True):
            box = people.box_px[row]
            # Of pixels that the box's border cuts, a part of the mask is lost.
            inner = (x >= box[0]) & (x + 1 <= box[2]) & (y >= box[1]) & (y + 1 <= box[3])
            # Cells as large as a pixel or smaller lose nothing of a mask of noise.
            fine = (box[2:] - box[:2]).max() <= MASK_SIDE
            if fine and inner.any() and 0.05 < mask[inner].mean() < 0.95:
                ours = pasted(people.mask[row], box, *image.shape[:2])
                assert (ours == mask)[inner].mean() > 0.97
                num_masks += 1
    assert 10 < num_people < sum(len(people.score) for people in everyone)
    assert num_masks > 5 or name not in WITH_MASKS


@pytest.mark.parametrize("name", ZOO)
def test_batched_equals_one_by_one(make: Callable[[str], Network], name: str) -> None:
    detector = detector_of(make(name))
    images = [*pictures(3), *pictures(1, 130, 90, seed=1), *pictures(1, seed=2)]
    batched = detector.detect_many(images)
    assert detector.detect_many([]) == []
    for image, people in zip(images, batched, strict=True):
        alone = detector.detect(image)
        rows = assert_same_boxes(people, alone.box_px, alone.score)
        if alone.mask is not None:
            same = np.unpackbits(people.mask_rows[rows] ^ alone.mask).mean()
            assert same < 1e-3


def test_a_name_of_the_zoo_is_a_configuration(make: Callable[[str], Network]) -> None:
    network = make(RTMDET)
    people = detector_of(network, config=RTMDET, min_score=0.1).detect(pictures(1)[0])
    assert len(people) > 0


@pytest.mark.parametrize(("classes", "label"), [(("player",), 0), (("ball", "person"), 1)])
def test_the_person_is_found_by_name(tmp_path: Path, classes: tuple[str, ...], label: int) -> None:
    network = networks.random_network(RTMDET, tmp_path, classes)
    image = pictures(1)[0]
    people = detector_of(network, min_score=0.0).detect(image)
    (expected,) = reference(network, [image], label=label)
    assert len(expected.score) > 0
    assert_same_boxes(people, expected.box_px, expected.score)


def test_classes_without_a_person_are_refused() -> None:
    assert person_label(("car", "Person"), Path("c.py")) == 1
    with pytest.raises(ValueError, match=r"c\.py: none of its classes is called person: car, dog"):
        person_label(("car", "dog"), Path("c.py"))


def test_a_checkpoint_of_another_network_is_refused(make: Callable[[str], Network]) -> None:
    wrong = make(RTMDET_INS)
    with pytest.raises(WeightsError, match="does not fit the network of") as caught:
        detector_of(make(RTMDET), checkpoint=str(wrong.checkpoint))
    for path in (wrong.checkpoint, make(RTMDET).config):
        assert str(path) in str(caught.value)
    with pytest.raises(WeightsError, match="expected a sha256 that begins with 0123abcd"):
        detector_of(make(RTMDET), checkpoint_sha256="0123abcd")
    with pytest.raises(WeightsError, match="no checkpoint is called 'rtmdet-huge'"):
        detector_of(make(RTMDET), checkpoint="rtmdet-huge")


def test_a_checkpoint_may_hold_the_normalisation_but_must_hold_all_weights(
    make: Callable[[str], Network], tmp_path: Path
) -> None:
    network, path = make(RTMDET), tmp_path / "changed.pth"
    state = torch.load(network.checkpoint, weights_only=True)["state_dict"]
    torch.save({"state_dict": {**state, "data_preprocessor.mean": torch.zeros(3, 1, 1)}}, path)
    image = pictures(1)[0]
    found = detector_of(network, checkpoint=str(path)).detect(image)
    np.testing.assert_array_equal(found.box_px, detector_of(network).detect(image).box_px)
    del state["bbox_head.rtm_cls.0.bias"]
    torch.save(state, path)
    with pytest.raises(WeightsError, match=r"bbox_head\.rtm_cls\.0\.bias"):
        detector_of(network, checkpoint=str(path))


def test_masks_of_a_model_without_are_refused(make: Callable[[str], Network]) -> None:
    detector = detector_of(make(RTMDET), masks=True)
    with pytest.raises(ValueError, match="gives no masks; set it to false"):
        detector.detect(pictures(1)[0])


def test_masks_of_unsure_people_are_left_out(make: Callable[[str], Network]) -> None:
    image = pictures(1)[0]
    everyone = detector_of(make(RTMDET_INS)).detect(image)
    limit = float(np.median(everyone.score))
    people = detector_of(make(RTMDET_INS), mask_min_score=limit).detect(image)
    np.testing.assert_array_equal(people.box_px, everyone.box_px)
    np.testing.assert_array_equal(people.has_mask, everyone.has_mask & (people.score >= limit))
    assert detector_of(make(RTMDET_INS), masks=False).detect(image).mask is None


def test_images_of_another_kind_are_refused(make: Callable[[str], Network]) -> None:
    with pytest.raises(ValueError, match="expected a uint8"):
        detector_of(make(RTMDET)).detect_many([pictures(1)[0].astype(np.float32)])


@pytest.mark.parametrize("name", ZOO)
def test_nothing_pretrained_is_left_in_a_configuration(name: str) -> None:
    from mmengine.config import Config

    model = Config.fromfile(find_config("mmdet", name)).model.to_dict()
    assert "Pretrained" in str(model)
    forget_pretrained(model)
    text = str(model)
    for word in ("Pretrained", "init_cfg", "://"):
        assert word not in text
    nested = {"a": [{"init_cfg": 1, "b": (2, {"pretrained": True, "c": 3})}], "d": "init_cfg"}
    forget_pretrained(nested)
    assert nested == {"a": [{"b": (2, {"c": 3})}], "d": "init_cfg"}


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shard of two videos, 7 and 5 frames of nearly the same picture each."""
    rng = np.random.default_rng(0)
    videos = {
        name: [
            np.clip(image + rng.normal(0, 2, image.shape), 0, 255).astype(np.uint8)
            for image in pictures(1, seed=seed) * num
        ]
        for name, seed, num in (("one", 3, 7), ("two", 4, 5))
    }
    return write_shard(tmp_path_factory.mktemp("scene"), videos)


def detect(shard: Path, output: Path, settings: PeopleSettings) -> Path:
    return run_script("detect_people", {"videos": shard}, output, settings, networks_dir="")


def test_the_artifact_is_that_of_the_embedded_detectors_and_can_be_carried_on(
    make: Callable[[str], Network], scene: Path, tmp_path: Path
) -> None:
    mmdet = settings_of(make(RTMDET_INS), batch_size=3)
    settings = PeopleSettings(detectors=("mmdet",), mmdet=mmdet, every_nth_frame=2, max_people=5)
    people_path = detect(scene, tmp_path / "people.h5", settings)
    detector = build_detector(settings, Path(), "cpu", 1)
    with read_artifact(people_path, "people") as people:
        for video in people.videos():
            frames = list(read_frames(scene.parent / f"{video.video_id}.mp4"))
            assert video.array("frame").tolist() == list(range(0, len(frames), 2))
            alone = [detector.detect(frames[frame].rgb) for frame in video.array("frame")]
            assert video.array("num_people").tolist() == [len(found) for found in alone]
            assert 1 < video.array("num_people").max() <= 5
            box_px = np.concatenate([found.box_px for found in alone])
            np.testing.assert_allclose(video.array("box_px"), box_px, rtol=1e-4, atol=5e-3)
            assert (video.array("source") == 2).all()
            assert np.isnan(video.array("keypoints_px")).all()
            assert set(people.file[f"videos/{video.video_id}"]) == set(KINDS["people"].columns())
            assert video.array("mask").any(axis=1).mean() > 0.5

    tracks_path = run_script(
        "track_athlete", {"people": people_path}, tmp_path / "tracks.h5", TrackingSettings()
    )
    crops_path = run_script(
        "crop_athlete",
        {"videos": scene, "tracks": tracks_path, "people": people_path},
        tmp_path / "crops.h5",
        CropSettings(size=32, pad_px=4),
    )
    plain_path = run_script(
        "crop_athlete",
        {"videos": scene, "tracks": tracks_path},
        tmp_path / "plain.h5",
        CropSettings(size=32, pad_px=4),
    )
    with read_artifact(crops_path, "crops") as crops, read_artifact(plain_path, "crops") as plain:
        assert crops.attributes["masks"]
        assert "masks" not in plain.attributes
        for video in crops.videos():
            group = plain.file[f"videos/{video.video_id}"]
            assert set(group) == set(KINDS["crops"].columns()) - {"mask"}
            for name in group:
                np.testing.assert_array_equal(video.array(name), plain[video.video_id].array(name))
            mask, frame = video.array("mask"), video.array("frame")
            assert mask.shape == video.array("crop").shape[:3]
            assert set(np.unique(mask)) == {0, 1}
            # Nothing is known of the frames between those that were looked at.
            assert mask[frame % 2 == 1].all()
            assert not mask[frame % 2 == 0].all()


def test_without_masks_no_dataset_is_added(
    make: Callable[[str], Network], scene: Path, tmp_path: Path
) -> None:
    mmdet = settings_of(make(RTMDET))
    settings = PeopleSettings(detectors=("mmdet",), mmdet=mmdet)
    path = detect(scene, tmp_path / "people.h5", settings)
    with read_artifact(path, "people") as people:
        for video in people.videos():
            names = set(people.file[f"videos/{video.video_id}"])
            assert names == set(KINDS["people"].columns()) - {"mask"}
            assert len(video.array("box_px")) > 0
