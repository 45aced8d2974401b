"""Tables 4 and S3, by hand."""

import numpy as np
import pytest

from vpdlib.artifacts import ArtifactWriter, Provenance
from vpdlib.report.tables_detection import detection_table, sweep_table


def write(folder, method, ap, thresholds, tious, reported=0.2):
    """An artifact of AP (trials, thresholds, tIoUs), fractions of 1."""
    origin = Provenance("detect_actions", "c", "d", "i")
    with ArtifactWriter(folder / f"{method}.h5", "detection", origin) as artifact:
        artifact.set_attributes(threshold=reported)
        artifact.write("ap", np.array(ap, np.float64))
        artifact.write("threshold", np.array(thresholds))
        artifact.write("tiou", np.array(tious))


AP = [[[0.9, 0.1], [0.8, 0.5], [0.7, 0.2]], [[0.9, 0.2], [0.6, 0.4], [0.7, 0.8]]]


def test_table4_is_at_the_reported_threshold(tmp_path):
    write(tmp_path, "vpdvi", AP, [0.1, 0.2, 0.33], [0.3, 0.5])
    table = detection_table(tmp_path, ["vpdvi"], "FSJump6")
    assert table.values.tolist() == [
        ["vpdvi", 0.3, 0.2, 2, 70.0, 14.14, 86.1],
        ["vpdvi", 0.5, 0.2, 2, 45.0, 7.07, 60.7],
    ]
    assert list(table)[4:] == ["ap", "ap_std", "ap_paper"]


def test_tableS3_by_hand(tmp_path):
    write(tmp_path, "vpdvi", AP, [0.1, 0.2, 0.33], [0.3, 0.5])
    write(tmp_path, "mine", [[[0.25], [0.75]]], [0.05, 0.2], [0.5])
    table = sweep_table(tmp_path, ["vpdvi", "mine"], "FSJump6")
    names = [f"t{t}{s}" for t in ("0.05", "0.1", "0.2", "0.33") for s in ("", "_std", "_paper")]
    assert list(table) == ["method", *names]
    ours, mine = (table.set_index("method").loc[method] for method in ("vpdvi", "mine"))
    assert ours[["t0.1", "t0.1_std", "t0.1_paper"]].tolist() == [15.0, 7.07, 61.7]
    assert ours[["t0.2", "t0.2_std", "t0.2_paper"]].tolist() == [45.0, 7.07, 60.7]
    # sqrt(2 * 30 ** 2); the paper has no such threshold.
    assert ours[["t0.33", "t0.33_std"]].tolist() == [50.0, 42.43]
    assert ours[["t0.05", "t0.05_std", "t0.05_paper", "t0.33_paper"]].isna().all()
    assert mine[["t0.05", "t0.2"]].tolist() == [25.0, 75.0]
    assert mine.drop(["t0.05", "t0.2"]).isna().all()


def test_tennis_has_thresholds_of_its_own(tmp_path):
    write(tmp_path, "vpd2d", [[[0.5], [0.5]]], [0.05, 0.2], [0.5])
    row = sweep_table(tmp_path, ["vpd2d"], "Tennis7").loc[0]
    assert row[["t0.05_paper", "t0.2_paper"]].tolist() == [51.2, 54.0]


def test_another_overlap_is_refused(tmp_path):
    write(tmp_path, "vpd2d", [[[0.5]]], [0.2], [0.3])
    with pytest.raises(
        ValueError, match=r"vpd2d.h5 was .* tIoU \[0.3\]; add 0.5 to detection.tious"
    ):
        sweep_table(tmp_path, ["vpd2d"], None)
