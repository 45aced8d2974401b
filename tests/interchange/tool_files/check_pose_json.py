"""What vpd writes as COCO JSON and TRC, opened by the tools' own code: the same joints in the same frames.

Needs what `make_pose_json.py` beside it needs, of which pycocotools, Sports2D, Pose2Sim and trc-data-reader==0.4.1. Not
run by CI. From the project's root: python tests/interchange/tool_files/check_pose_json.py
"""

from __future__ import annotations

import contextlib
import io
import sys
import tempfile
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[2]))
from tests.interchange.skater import FPS, HEIGHT, WIDTH, skater  # noqa: E402
from vpdlib.interchange.formats import WrittenPoses  # noqa: E402
from vpdlib.interchange.pose_registry import POSES  # noqa: E402


def videos() -> list[WrittenPoses]:
    keypoints = np.stack([skater(frame) for frame in range(8)]).astype(np.float32)
    keypoints[3] = np.nan, np.nan, 0
    keypoints[5, 9] = np.nan, np.nan, 0
    boxes = np.full((8, 4), np.nan, np.float32)
    return [
        WrittenPoses(name, Path(f"/v/{name}.mp4"), fps, WIDTH, HEIGHT, keypoints, boxes)
        for name, fps in (("heat_01", FPS), ("heat_02", 60_000 / 1001))
    ]


def coco(folder: Path) -> None:
    """pycocotools opens it, finds each frame's person, and gives them an average precision of 1 against themselves."""
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    (path,) = POSES["coco"].write(videos(), folder, "skating")
    with contextlib.redirect_stdout(io.StringIO()):
        opened = COCO(str(path))
        results = [
            {key: one[key] for key in ("image_id", "category_id", "keypoints", "score")}
            for one in opened.dataset["annotations"]
        ]
        evaluation = COCOeval(opened, opened.loadRes(results), "keypoints")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    for video, given in enumerate(videos(), start=1):
        for image in opened.loadImgs(opened.getImgIds()):
            if image["video_id"] != video:
                continue
            found = opened.loadAnns(opened.getAnnIds(imgIds=image["id"]))
            wanted = given.keypoints_px[image["frame_id"]]
            there = np.isfinite(wanted[:, 0])
            assert len(found) == int(there.any())
            for one in found:
                keypoints = np.array(one["keypoints"]).reshape(17, 3)
                np.testing.assert_allclose(keypoints[there, :2], wanted[there, :2], atol=1e-3)
                assert (keypoints[:, 2] == 2 * there).all()
                assert one["num_keypoints"] == there.sum()
    assert evaluation.stats[0] > 0.999, evaluation.stats
    print("pycocotools: the same joints, average precision 1")


def trc(folder: Path) -> None:
    """Sports2D reads pixels by Pose2Sim's reader and its own ``load_pose_file``; and another package."""
    from Pose2Sim.common import read_trc
    from Sports2D.process import load_pose_file
    from trc import TRCData

    for path, given in zip(POSES["trc"].write(videos(), folder, ""), videos(), strict=True):
        table, _, times, names, _ = read_trc(str(path))
        places, _ = load_pose_file(table)
        np.testing.assert_allclose(places[:, 0], given.keypoints_px[..., :2], atol=1e-3)
        np.testing.assert_allclose(times * given.fps, np.arange(8), atol=1e-3)
        assert names[0] == "Nose"
        assert names[9] == "LWrist"
        other = TRCData()
        other.load(str(path))
        assert other["NumFrames"] == 8
        assert other["Markers"] == list(names)
        np.testing.assert_allclose(other["RWrist"][0][:2], given.keypoints_px[0, 10, :2], atol=1e-3)
    print("Pose2Sim, Sports2D, trc-data-reader: the same joints and frames")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as work:
        coco(Path(work))
        trc(Path(work))
