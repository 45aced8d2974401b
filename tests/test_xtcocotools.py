"""The stand-in for xtcocotools: what mmpose imports of it, and what it refuses."""

import json
import math

import numpy as np
import pytest
import xtcocotools
import xtcocotools.mask as cocomask
from xtcocotools.coco import COCO
from xtcocotools.cocoeval import COCOeval

pytestmark = pytest.mark.skipif(
    not getattr(xtcocotools, "__version__", "").endswith("+pycocotools"),
    reason="the real xtcocotools is installed",
)

#: Of three keypoints, which are not COCO's.
SIGMAS = [0.1, 0.05, 0.2]
AREA = 400.0


@pytest.fixture
def files(tmp_path):
    """Annotations of one person a picture in four, three keypoints each, and what was found, off to the right."""

    def write(off):
        images = [{"id": i, "width": 100, "height": 100} for i in range(4)]
        place = [20.0, 20.0, 2, 30.0, 40.0, 2, 40.0, 30.0, 2]
        people = [
            {
                "id": i + 1,
                "image_id": i,
                "category_id": 1,
                "keypoints": place,
                "num_keypoints": 3,
                "area": AREA,
                "bbox": [20, 20, 20, 20],
            }
            for i in range(4)
        ]
        found = [
            {
                "image_id": i,
                "category_id": 1,
                "keypoints": [x + off * (n % 3 == 0) for n, x in enumerate(place)],
                "score": 0.9,
            }
            for i in range(4)
        ]
        truth, results = tmp_path / "truth.json", tmp_path / "found.json"
        truth.write_text(
            json.dumps({"images": images, "annotations": people, "categories": [{"id": 1}]})
        )
        results.write_text(json.dumps(found))
        coco = COCO(str(truth))
        return coco, coco.loadRes(str(results))

    return write


@pytest.mark.parametrize("off", [0.5, 2.0, 3.0, 30.0])
def test_keypoints_are_evaluated_with_the_sigmas_given(files, off):
    evaluated = COCOeval(*files(off), "keypoints", SIGMAS, True)
    evaluated.evaluate()
    evaluated.accumulate()
    evaluated.summarize()
    # Object keypoint similarity of COCO: exp(-d^2 / (2 area (2 sigma)^2)), averaged.
    each = [math.exp(-(off**2) / (2 * AREA * (2 * sigma) ** 2)) for sigma in SIGMAS]
    similarity = sum(each) / 3
    assert evaluated.ious[0, 1][0, 0] == pytest.approx(similarity)
    thresholds = np.linspace(0.5, 0.95, 10)
    assert evaluated.stats[0] == pytest.approx((thresholds <= similarity).mean())


def test_masks_are_those_of_pycocotools():
    square = cocomask.frPyObjects([[1, 1, 5, 1, 5, 5, 1, 5]], 8, 8)
    assert cocomask.area(square).tolist() == [16]
    assert cocomask.decode(square).shape == (8, 8, 1)


def test_iscrowd_may_be_missing(files):
    coco, _ = files(0)
    assert len(coco.getAnnIds(iscrowd=False)) == 4


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"use_area": False}, "use_area=False"),
        ({"iouType": "keypoints_wholebody"}, "iouType='keypoints_wholebody'"),
        ({"iouType": "keypoints_crowd"}, "iouType='keypoints_crowd'"),
    ],
)
def test_what_only_the_real_one_evaluates_is_refused(options, named):
    with pytest.raises(NotImplementedError, match=f"{named} of COCOeval.*install the real one"):
        COCOeval(**options)


def test_what_only_the_real_one_reads_is_refused(files):
    with pytest.raises(NotImplementedError, match="test_index of COCO"):
        COCO(test_index=[0])
    with pytest.raises(NotImplementedError, match="ann_data of COCO"):
        COCO("truth.json", ann_data={})
    with pytest.raises(NotImplementedError, match=r"resData of COCO\.loadRes"):
        files(0)[0].loadRes("found.json", resData=[])


def test_sigmas_of_boxes_are_refused():
    with pytest.raises(ValueError, match="sigmas are of keypoints"):
        COCOeval(iouType="bbox", sigmas=SIGMAS)


def test_an_annotation_that_pycocotools_cannot_match_is_refused(files):
    coco, found = files(0)
    coco.anns[0] = coco.anns.pop(1)
    with pytest.raises(ValueError, match="id 0: number them from 1"):
        COCOeval(coco, found, "keypoints", SIGMAS)
