"""The table of found actions, by hand."""

import numpy as np
import pytest

from tests.finding.making import action
from tests.finding.test_finder import KnownRecogniser, detector
from vpdlib.artifacts import ArtifactWriter, Provenance
from vpdlib.datasets.tables import ActionRow, write_rows
from vpdlib.finding.finder import Finder, OperatingPoint
from vpdlib.finding.finder_folder import save_finder
from vpdlib.finding.settings import FindingSettings
from vpdlib.report.tables_finding import finding_table

NAMES = ("axel", "lutz")
ORIGIN = Provenance("find_actions", "c", "d", "i")
#: Three axels and two lutzes are learnt from; the test video has one of each.
ACTIONS = [
    *(action("train", at, at + 1.0, "axel", "train", at) for at in range(3)),
    *(action("train", at, at + 1.0, "lutz", "val", at) for at in range(3, 5)),
    action("test", 0.0, 4.0, "axel", "test", 0),
    action("test", 10.0, 14.0, "lutz", "test", 1),
]


def write_found(path, found, names=NAMES, given=()):
    """An artifact of videos -> (start, end, probabilities), and of given actions (label, probabilities)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with ArtifactWriter(path, "found", ORIGIN) as artifact:
        artifact.set_attributes(is_uncut=True)
        artifact.write("class_name", np.array(names, object))
        artifact.write("example", np.array([], object))
        for video, segments in found.items():
            of_given = list(given) if video == "test" else []
            probability = np.array([p for *_, p in of_given], float).reshape(-1, len(names))
            artifact.add_video(
                video,
                {
                    "start_s": np.array([start for start, _, _ in segments], float),
                    "end_s": np.array([end for _, end, _ in segments], float),
                    "score": np.full(len(segments), 0.5),
                    "probability": np.array([p for *_, p in segments], float).reshape(
                        -1, len(names)
                    ),
                    "nearest": np.full(len(segments), -1, np.int32),
                    "given": np.zeros((len(of_given), 2)),
                    "given_label": np.array([label for label, _ in of_given], np.int32),
                    "given_probability": probability,
                    "given_raw": np.full_like(probability, 0.5),
                },
            )
    return str(path)


@pytest.fixture
def files(tmp_path):
    """A function that writes what a method found, and what frame classes did, and lists the files."""

    def write(found, frame_classes, actions=ACTIONS, uncut=True, given=()):
        write_rows(tmp_path / "actions.csv", actions, ActionRow)
        finder = Finder(
            {"vpd2d": KnownRecogniser()},
            {"vpd2d": detector()} if uncut else {},
            FindingSettings(tious=(0.5, 0.7)),
            operating=OperatingPoint(0.5),
        )
        save_finder(tmp_path / "finders/vpd2d/bigru", finder, {})
        # Another method's files beside, which are not to be taken.
        other = {"test": [(0, 4, (1.0, 0.0)), (10, 14, (0.0, 1.0))], "train": []}
        return {
            "found": [
                write_found(tmp_path / "found/other/bigru/0000.h5", other),
                write_found(tmp_path / "found/vpd2d/bigru/0000.h5", found, given=given),
            ],
            "finders": [str(tmp_path / "finders/vpd2d/bigru")],
            "frame_classes": [
                write_found(tmp_path / "frame_classes/other/0000.h5", other),
                write_found(tmp_path / "frame_classes/vpd2d/0000.h5", frame_classes),
            ],
            "actions": [str(tmp_path / "actions.csv")],
        }

    return write


def table(files):
    return finding_table(files, ["vpd2d"], "bigru", {"vpd2d": ["vpd2d"]})


#: The axel is found; the lutz is taken for an axel; a third is not probable enough.
FOUND = {
    "train": [(0, 1, (0.9, 0.0))],
    "test": [(0, 4, (0.8, 0.1)), (10, 14, (0.6, 0.2)), (20, 24, (0.1, 0.3))],
}
#: 3 of 4 s.
FRAMES = {"train": [], "test": [(0, 3, (0.7, 0.0)), (10, 14, (0.0, 0.6))]}
GIVEN = [(0, (0.8, 0.1)), (1, (0.6, 0.2))]


def test_rows_by_hand(files):
    found = table(files(FOUND, FRAMES, given=GIVEN)).set_index("row")
    assert found.index.tolist() == [
        "both steps",
        "times alone",
        "names alone",
        "frame classes (vpd2d)",
        "commonest class (axel)",
        "class by chance",
    ]
    assert set(found["method"]) == {"vpd2d"}
    assert set(found["head"]) == {"bigru"}
    both = found.loc["both steps"]
    # Of the lutz's answers by falling probability the second is right: half.
    assert both[["map_0.5", "precision", "recall", "found", "actions"]].tolist() == [
        75.0,
        50.0,
        50.0,
        2,
        2,
    ]
    times = found.loc["times alone"]
    assert times[["map_0.5", "precision", "recall"]].tolist() == [100.0, 100.0, 100.0]
    names = found.loc["names alone"]
    assert (names["top1"], names["actions"]) == (50.0, 2)
    assert names[["map_0.5", "precision", "found"]].isna().all()
    frames = found.loc["frame classes (vpd2d)"]
    assert frames[["map_0.5", "map_0.7", "actions"]].tolist() == [100.0, 100.0, 2]
    assert frames[["precision", "found"]].isna().all()
    assert found.loc["commonest class (axel)", "map_0.5"] == 50.0
    assert 0 < found.loc["class by chance", "map_0.5"] < 100


def test_actions_that_were_learnt_from_are_no_part_of_it(files):
    # Whatever is found in the training video.
    other = {**FOUND, "train": []}
    one, two = table(files(FOUND, FRAMES, given=GIVEN)), table(files(other, FRAMES, given=GIVEN))
    assert one.equals(two)


def test_where_videos_are_whole_actions_there_are_no_frame_classes(files):
    found = table(files(FOUND, FRAMES, uncut=False, given=GIVEN))
    assert not found["row"].str.startswith("frame classes").any()


def test_where_nothing_is_found_there_is_a_table_all_the_same(files):
    nothing = {"train": [], "test": []}
    found = table(files(nothing, nothing)).set_index("row")
    assert found.loc["both steps", ["map_0.5", "recall", "found"]].tolist() == [0.0, 0.0, 0]
    assert np.isnan(found.loc["both steps", "precision"])
    assert found.loc["names alone", "actions"] == 0


def test_without_a_test_action_it_is_refused_with_what_to_do(files):
    actions = [one for one in ACTIONS if one.split != "test"]
    with pytest.raises(ValueError, match=r"no action is in split test: .* found\.csv"):
        table(files(FOUND, FRAMES, actions))
