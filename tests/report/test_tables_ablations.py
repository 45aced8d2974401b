"""Tables 2, S1 and S8, and the fraction of frames kept, by hand."""

import math

import numpy as np
import pytest

from tests.still_tracks import still_tracks
from vpdlib.artifacts import ArtifactError, ArtifactWriter, Provenance
from vpdlib.datasets.tables import ActionRow
from vpdlib.report.tables_ablations import (
    ablation_table,
    fraction_kept,
    threshold_table,
    vipe_table,
)

NAN = math.nan


def test_table2_by_hand(write_trials):
    cells = write_trials(
        ("vpdvi", "bigru", "full", (5, 6, 7)),
        ("vpdvi", "bigru", "k16", (2, 4)),
        ("vpdvi", "nns", "k16", (10, 10)),
        ("vpdvi_rgb", "bigru", "full", (8,)),
        ("joints2d", "bigru", "k16", (1, 2)),
    )
    methods = [
        ("a", "joints2d"),
        ("a", "vpdvi_rgb"),
        ("a", "vpdvi"),
        ("b", "vpdvi_actions"),
        ("c", "mine"),
    ]
    table = ablation_table(cells, methods, 16, "Tennis7")
    assert list(table) == [
        "part", "method", "label", "full", "full_std", "full_paper", "k16", "k16_std", "k16_paper",
    ]  # fmt: skip
    assert table["part"].tolist() == ["a", "a", "a", "b", "c"]
    assert table["label"].tolist() == [
        "Normalized 2D joints (teacher)",
        "VI distilled w/o motion; RGB",
        "VI-VPD (motion; RGB+flow)",
        "VI-VPD distilled on action video only",
        "mine",
    ]
    table = table.set_index("method")
    assert table.loc["vpdvi"].tolist()[2:] == [60.0, 10.0, 93.3, 30.0, 14.14, 71.1]
    # The paper's Table 2 says 64.3 where its Table S2 says 64.4.
    assert table.loc["joints2d", ["k16", "k16_std", "k16_paper"]].tolist() == [15.0, 7.07, 64.3]
    assert table["full"].isna().tolist() == [True, False, False, True, True]
    assert table["full_std"].isna().tolist() == [True, True, False, True, True]
    assert table["full_paper"].tolist()[:4] == [90.9, 92.1, 93.3, 92.4]
    assert table.loc["mine"].drop(["part", "label"]).isna().all()


def test_table2_of_another_k_and_sport(write_trials):
    cells = write_trials(("vpd2d", "bigru", "k8", (4, 4)))
    row = ablation_table(cells, [("a", "vpd2d")], 8, "FX35").loc[0]
    assert row[["k8", "full_paper"]].tolist() == [40.0, 94.5]
    assert math.isnan(row["k8_paper"] or NAN)
    assert ablation_table(cells, [("a", "vpd2d")], 8, None)["full_paper"].isna().all()


def shard(folder, number, videos):
    """Labels and tracks of videos at 10 frames a second, given as frames, scores, and which have a motion target."""
    origin = Provenance("rule", "c", "d", "i")
    paths = folder / f"labels_{number}.h5", folder / f"tracks_{number}.h5"
    with (
        ArtifactWriter(paths[0], "weak_labels", origin) as labels,
        ArtifactWriter(paths[1], "tracks", origin) as tracks,
    ):
        for name, (frame, score, has_motion) in videos.items():
            motion = np.zeros((len(frame), 2, 3), np.float32)
            # One missing number of one row is enough.
            motion[~np.array(has_motion, bool), 1, 2] = NAN
            labels.add_video(
                name,
                {
                    "frame": np.array(frame, np.int32),
                    "pose_norm": np.zeros_like(motion),
                    "motion_norm": motion,
                    "score": np.array(score, np.float32),
                    "kept": np.zeros(len(frame), bool),
                },
            )
            tracks.add_video(
                name,
                still_tracks(np.arange(20) / 10),
            )
    return paths


def action(video, start, end):
    return ActionRow(f"{video}_{start}", video, start, end, "jump", "train", "", "")


@pytest.fixture
def kept(tmp_path):
    """Two shards: eight frames of "a" and two of "b", four of which are in actions."""
    first = shard(
        tmp_path,
        0,
        {"a": ([2, 3, 4, 5, 6, 7, 8, 9], [0.9, 0.7, 0.3, 0.5, NAN, 0.9, 0.1, 0.3], [1, 1, 1, 1, 1, 0, 1, 1])},
    )  # fmt: skip
    second = shard(tmp_path, 1, {"b": ([0, 19], [0.3, 0.7], [1, 1])})
    return tuple(zip(first, second, strict=True))


def test_fraction_kept_by_hand(kept):
    # Frames 3, 4, 5 and 6 of "a", the last two of which are in two actions; nothing of "b"; frame 7 is outside.
    actions = [action("a", 0.3, 0.7), action("a", 0.5, 0.7), action("c", 0, 9)]
    assert fraction_kept(*kept, actions, [0.1, 0.3, 0.5, 0.7, 0.9]) == {
        0.1: (80.0, 75.0),  # all but the unknown score and the missing motion
        0.3: (70.0, 75.0),  # 0.3 in single precision reaches 0.3
        0.5: (40.0, 50.0),
        0.7: (30.0, 25.0),
        0.9: (10.0, 0.0),
    }


def test_fraction_kept_without_actions_or_frames(kept):
    assert fraction_kept(*kept, [], [0.7]) == {0.7: (30.0, None)}
    assert fraction_kept([], [], [action("a", 0, 1)], [0.7]) == {0.7: (None, None)}
    with pytest.raises(ArtifactError, match=r"labels_1.h5 holds 'weak_labels' where 'tracks'"):
        fraction_kept(kept[0], kept[0][::-1], [], [0.5])


def test_tableS1_by_hand(write_trials):
    cells = write_trials(
        ("vipe", "bigru", "full", (5, 7)),
        ("vpdvi_t10", "bigru", "full", (8,)),
        ("vpdvi", "bigru", "k16", (2, 4)),
    )
    students = [(0.1, "vpdvi_t10"), (0.7, "vpdvi"), (0.9, "vpdvi_t90")]
    fractions = {0.1: (99.0, 98.0), 0.7: (50.0, None), 0.9: (0.0, 0.0)}
    table = threshold_table(cells, "vipe", students, fractions, 16, "Tennis7")
    assert list(table) == [
        "min_score", "method", "pct_all", "pct_all_paper", "pct_action", "pct_action_paper",
        "full", "full_std", "full_paper", "k16", "k16_std", "k16_paper",
    ]  # fmt: skip
    assert table["method"].tolist() == ["vipe", "vpdvi_t10", "vpdvi", "vpdvi_t90"]
    assert table["min_score"].isna().tolist() == [True, False, False, False]
    assert table["min_score"].tolist()[1:] == [0.1, 0.7, 0.9]
    assert table["pct_all"].tolist()[1:] == [99.0, 50.0, 0.0]
    assert table["pct_action"].isna().tolist() == [True, False, True, False]
    assert table["pct_all_paper"].tolist()[1:] == [99.4, 89.9, 1.5]
    assert table["pct_action_paper"].tolist()[1:] == [99.2, 83.9, 1.3]
    assert table.loc[0, ["pct_all", "pct_all_paper", "pct_action", "pct_action_paper"]].isna().all()
    assert table.loc[0, ["full", "full_std", "full_paper", "k16_paper"]].tolist() == [
        60,
        14.14,
        91.8,
        67.0,
    ]
    assert table["full_paper"].tolist()[1:] == [93.4, 93.3, 91.2]
    assert table["k16_paper"].tolist()[1:] == [67.5, 71.1, 65.4]
    assert table.loc[2, ["k16", "k16_std"]].tolist() == [30.0, 14.14]
    assert table.loc[3, ["full", "full_std", "k16", "k16_std"]].isna().all()


def test_tableS1_of_another_teacher_or_k_has_no_paper(write_trials):
    fractions = {0.5: (1.0, 1.0)}
    table = threshold_table(write_trials(), "joints2d", [(0.5, "vpd2d")], fractions, 16, "FX35")
    assert table.filter(like="_paper").isna().all(axis=None)
    table = threshold_table(write_trials(), "vipe", [(0.5, "vpdvi")], fractions, 8, "FX35")
    assert table["k8_paper"].isna().all()
    assert table["full_paper"].tolist() == [90.8, 94.6]


def test_tableS8_by_hand(write_trials):
    cells = write_trials(("vipe", "bigru", "full", (5, 6, 7)), ("vipe", "nns", "full", (1, 1)))
    methods = [("vipe", "all"), ("vipe_h36m", "h36m"), ("vipe_amass", "amass")]
    table = vipe_table(cells, methods, "Diving48")
    assert list(table) == ["method", "model", "top1", "top1_std", "top1_paper"]
    # The paper's Table S8 says 76.8 where its Table 1 says 78.6.
    assert table.loc[0].tolist() == ["vipe", "all", 60.0, 10.0, 76.8]
    assert table["top1"].isna().tolist() == [False, True, True]
    assert table.loc[1, "top1_paper"] == 66.8
    assert math.isnan(table.loc[2, "top1_paper"])
