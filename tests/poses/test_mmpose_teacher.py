"""Networks of mmpose as teachers: mmpose's own answers, in our pixels; whose weights and configurations are refused."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.poses.dots import draw_dots, find_dots
from tests.poses.mmpose_networks import (
    HRNET_W32,
    RTMPOSE_S,
    SMALL,
    VITPOSE_S,
    WHOLE_BODY,
    new_network,
    reference,
    saved_network,
    small_config,
    torch,
)
from vpdlib.poses import mmpose_teacher
from vpdlib.poses.base import View, rotated_box
from vpdlib.poses.mmpose_teacher import MMPoseTeacher
from vpdlib.poses.settings import MMPoseSettings
from vpdlib.weights.check import WeightsError
from vpdlib.weights.zoo import NetworkConfigError, find_config

BOXES = np.array(
    [[60.0, 20, 180, 260], [10.5, 40.25, 300, 130], [-40, -30, 90, 140], [150, 100, 400, 350]]
)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mmpose")


@pytest.fixture(scope="session")
def image() -> np.ndarray:
    """Smooth noise, (280, 340, 3): pictures of different places differ, and nearby ones hardly do."""
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 256, (14, 17, 3)).astype(np.float32)
    return np.kron(coarse, np.ones((20, 20, 1))).astype(np.uint8)


def config_of(name: str, folder: Path) -> Path:
    return small_config(name, folder) if name in SMALL else find_config("mmpose", name)


def make_teacher(name: str, folder: Path, **settings: Any) -> MMPoseTeacher:
    """A teacher with a seeded network: of the zoo by its bare name, or small by its path."""
    path = config_of(name, folder)
    given = {
        "config": str(path) if name in SMALL else name,
        "checkpoint": str(saved_network(path, folder)),
        **settings,
    }
    return MMPoseTeacher(MMPoseSettings.model_validate(given), folder, "cpu", 1)


@pytest.mark.parametrize(
    ("name", "flip_test"),
    [
        *((name, flip_test) for name in (RTMPOSE_S, *SMALL) for flip_test in (False, True)),
        # Large ones: once each.
        (HRNET_W32, True),
        (WHOLE_BODY, True),
        (VITPOSE_S, True),
    ],
)
def test_answers_are_those_of_mmpose(
    name: str, flip_test: bool, folder: Path, image: np.ndarray
) -> None:
    config = config_of(name, folder)
    expected = reference(config, saved_network(config, folder), flip_test, image, BOXES - 0.5)
    assert expected.shape[1] == (133 if name == WHOLE_BODY else 17)
    expected = expected[:, :17]
    teacher = make_teacher(name, folder, flip_test=flip_test, batch_size=3)
    poses = teacher.estimate_many([View(image, box) for box in BOXES])
    assert poses.shape == (4, 17, 3)
    assert poses.dtype == np.float32
    close = np.isclose(poses[..., :2], expected[..., :2] + 0.5, rtol=1e-4, atol=1e-3)
    # On the noise of random weights, the refinement of DARK and UDP divides by next to nothing here and there.
    assert close.mean() >= (0.95 if name in ("dark", "udp") else 1.0)
    np.testing.assert_allclose(poses[..., :2], expected[..., :2] + 0.5, rtol=1e-2, atol=0.5)
    np.testing.assert_allclose(poses[..., 2], expected[..., 2].clip(0, 1), rtol=1e-4, atol=1e-5)
    # The network is not indifferent to what it is shown, nor always sure.
    assert len(np.unique(poses[..., 0].round(1))) > 17
    assert ((poses[..., 2] > 0) & (poses[..., 2] < 1)).mean() > 0.3


# Not UDP and DARK: on the noise of random weights, their decoding divides by next to nothing.
@pytest.mark.parametrize("name", ["plain", RTMPOSE_S])
def test_a_batch_gets_the_answers_of_one_by_one(name: str, folder: Path, image: np.ndarray) -> None:
    teacher = make_teacher(name, folder, batch_size=4)
    views = [View(image, box, angle) for box in BOXES for angle in (0, 40)]
    poses = teacher.estimate_many(views)
    alone = np.concatenate([teacher.estimate_many([view]) for view in views])
    np.testing.assert_allclose(poses, alone, rtol=1e-4, atol=1e-3)
    assert teacher.estimate_many([]).shape == (0, 17, 3)


def gaussians(places: np.ndarray, size: int, sigma: float) -> np.ndarray:
    """(17, size): a Gaussian about each of (17,) places, not rounded to cells."""
    return np.exp(-((np.arange(size) - places[:, None]) ** 2) / (2 * sigma**2))


def answer_dots(name: str, pictures: torch.Tensor) -> Any:
    """What a perfect network says to normalised pictures of dots, in the codec of a configuration."""
    mean, std = np.array([123.675, 116.28, 103.53]), np.array([58.395, 57.12, 57.375])
    answers = []
    for picture in pictures.numpy():
        height, width = picture.shape[1:]
        x, y = find_dots(picture.transpose(1, 2, 0) * std + mean).T
        if name == RTMPOSE_S:
            answers.append((gaussians(x * 2, width * 2, 5), gaussians(y * 2, height * 2, 5)))
            continue
        # With UDP the outermost pixels of input and heat map lie on each other, else their corners' centres do.
        step = (47 / (width - 1), 63 / (height - 1)) if name == "udp" else (1 / 4, 1 / 4)
        rows, columns = gaussians(y * step[1], 64, 2), gaussians(x * step[0], 48, 2)
        answers.append((rows[:, :, None] * columns[:, None, :],))
    tensors = tuple(torch.tensor(np.stack(part)).float() for part in zip(*answers, strict=True))
    return tensors if name == RTMPOSE_S else tensors[0]


#: Greatest error of each way of stating places, in pixels of the input: heat maps of a quarter of its size are read
#: to a quarter of a cell at worst, SimCC's bins are half a pixel; finding a dot errs by about 0.3.
WORST_INPUT_PX = {"plain": 1.5, "dark": 0.35, "udp": 0.35, RTMPOSE_S: 0.6}


@pytest.mark.parametrize("name", list(WORST_INPUT_PX))
@pytest.mark.parametrize("side", [60, 120, 500])
@pytest.mark.parametrize("angle", [0, 90, 180, -90, 37, -120.5])
def test_a_known_place_comes_back_to_its_pixel(
    name: str, side: int, angle: float, folder: Path
) -> None:
    teacher = make_teacher(name, folder, flip_test=False)
    model = teacher._model
    model.extract_feat = lambda pictures: pictures
    model.head.forward = lambda pictures: answer_dots(name, pictures)
    dots, box, centre = draw_dots(side)
    (pose,) = teacher.estimate_many([View(dots, box, angle)])
    # Source pixels in a pixel of the input: less than 1/2 for the smallest, where half a pixel is far.
    width, height = np.ptp(rotated_box(box, angle).reshape(2, 2), axis=0)
    unit = max(width / 192, height / 256) * 1.25
    off = pose[:, :2] - centre
    assert np.abs(off).max() < WORST_INPUT_PX[name] * unit
    assert np.abs(off.mean(axis=0)).max() < 0.25 * unit
    assert (pose[:, 2] > 0.85).all()


def test_nothing_is_downloaded(
    folder: Path, image: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise AssertionError("the network was reached for")

    path = find_config("mmpose", HRNET_W32)
    assert "https://" in path.read_text()
    checkpoint = str(saved_network(path, folder))
    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    make_teacher(HRNET_W32, folder, checkpoint=checkpoint)


def test_it_says_what_made_the_poses(folder: Path) -> None:
    plain, dark = make_teacher("plain", folder), make_teacher("dark", folder)
    assert plain.attributes["teacher_config"].endswith("small-plain.py")
    assert plain.attributes["teacher_checkpoint"].endswith("small-plain.pth")
    assert len(plain.attributes["teacher_checkpoint_sha256"]) == 64
    # What counts is the resolved configuration: the two files differ in their _base_ alone.
    assert plain.attributes["teacher_config_digest"] != dark.attributes["teacher_config_digest"]


def changed_checkpoint(kind: str, folder: Path, change: Any) -> str:
    weights = new_network(small_config(kind, folder)).state_dict()
    path = folder / "changed.pth"
    torch.save({"state_dict": change(dict(weights))}, path)
    return str(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda w: {k: v for k, v in w.items() if "final_layer" not in k}, r"lacks head\.final_layer\.weight"),
        (lambda w: {**w, "backbone.other": torch.zeros(1)}, r"holds, beyond it, backbone\.other"),
        (lambda w: {**w, "head.final_layer.bias": torch.zeros(19)}, r"size mismatch for head\.final_layer\.bias"),
    ],
)  # fmt: skip
def test_weights_of_another_network_are_refused(change: Any, message: str, folder: Path) -> None:
    checkpoint = changed_checkpoint("plain", folder, change)
    with pytest.raises(WeightsError, match=message) as caught:
        make_teacher("plain", folder, checkpoint=checkpoint)
    assert checkpoint in str(caught.value)
    assert "small-plain.py" in str(caught.value)
    assert len(str(caught.value)) < 1500


def test_weights_of_a_wider_network_are_refused_in_few_words(folder: Path) -> None:
    checkpoint = str(saved_network(find_config("mmpose", HRNET_W32), folder))
    with pytest.raises(WeightsError, match=r"size mismatch .* and [0-9]+ more; give") as caught:
        make_teacher("plain", folder, checkpoint=checkpoint)
    assert len(str(caught.value)) < 1500


def test_weights_of_older_versions_of_mmpose_are_taken(folder: Path, image: np.ndarray) -> None:
    def as_before(weights: dict) -> dict:
        old = {name.replace("head.", "keypoint_head."): value for name, value in weights.items()}
        return {**old, "data_preprocessor.mean": torch.zeros(3, 1, 1)}

    old = make_teacher("plain", folder, checkpoint=changed_checkpoint("plain", folder, as_before))
    views = [View(image, box) for box in BOXES]
    expected = make_teacher("plain", folder).estimate_many(views)
    np.testing.assert_array_equal(old.estimate_many(views), expected)


def test_missing_files_and_other_digests_are_refused(folder: Path) -> None:
    with pytest.raises(WeightsError, match=r"nowhere\.pth.*no such file"):
        make_teacher("plain", folder, checkpoint=str(folder / "nowhere.pth"))
    with pytest.raises(WeightsError, match="expected a sha256 that begins with 01234567"):
        make_teacher("plain", folder, checkpoint_sha256="01234567")
    with pytest.raises(NetworkConfigError, match=r"absent\.py.*no such file"):
        make_teacher("plain", folder, config=str(folder / "absent.py"))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("dekr_hrnet-w32_8xb10-140e_coco-512x512", "no top-down network"),
        ("td-hm_hrnet-w32_8xb64-210e_mpii-256x256", "right_ankle.*do not begin with the 17 of COCO"),
        ("td-hm_hrnet-w32_8xb64-210e_coco-256x193", f"nearest names: {HRNET_W32}"),
    ],
)  # fmt: skip
def test_configurations_that_are_no_teachers_are_refused(
    name: str, message: str, folder: Path
) -> None:
    with pytest.raises(NetworkConfigError, match=message) as caught:
        make_teacher("plain", folder, config=name)
    assert name in str(caught.value)


def test_parts_of_configurations_are_refused(folder: Path) -> None:
    path = folder / "part.py"
    path.write_text("model = dict(type='TopdownPoseEstimator')\n")
    with pytest.raises(NetworkConfigError, match="no test_dataloader"):
        make_teacher("plain", folder, config=str(path))


def test_a_missing_package_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    present = mmpose_teacher.find_spec
    monkeypatch.setattr(
        mmpose_teacher, "find_spec", lambda name: None if name == "mmpretrain" else present(name)
    )
    with pytest.raises(NetworkConfigError, match="VisionTransformer is of the package mmpretrain"):
        make_teacher("plain", folder, config=VITPOSE_S)
