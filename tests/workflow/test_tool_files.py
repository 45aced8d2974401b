"""Files of other tools through the real workflow: labels in and out, and poses; light, since no network runs."""

from pathlib import Path

import pandas as pd
import pytest

from tests.workflow.conftest import SETTINGS
from vpdlib.interchange.formats import WrittenAction, WrittenVideo
from vpdlib.interchange.label_registry import LABELS

pytestmark = pytest.mark.workflow
ACTIONS = "results/mine/dataset/actions.csv"


def labelled(video, *actions):
    """A second of video at 25 frames, and its actions."""
    path = Path(f"/home/mia/videos/{video}.mp4")
    return WrittenVideo(
        video, path, 1.0, 25.0, 25, 64, 48, [WrittenAction(*one) for one in actions]
    )


@pytest.fixture
def labels(mine):
    """Labels of two videos: an ELAN document, a table, and a second table that corrects one action."""
    folder = mine.folder / "data" / "labels"
    folder.mkdir()
    LABELS["elan"].write(
        [labelled("a", (0.0, 0.48, "Jump"), (0.52, 0.8, "Turn"))], folder, "labels"
    )
    (folder / "b.csv").write_text("video,start,end,label\nb,0,0.5,turn\n")
    (folder.parent / "corrections.csv").write_text("video,start,end,label\na,0.04,0.48,turn\n")
    settings = {
        **SETTINGS,
        "adapter": {"kind": "folder", "videos": "videos", "labels": ["labels", "corrections.csv"]},
        "labels": {"map": {"Jump": "jump", "Turn": "turn"}},
    }
    mine.write_dataset("mine", settings)
    return mine, settings


def test_labels_come_from_a_tool_and_go_to_another(labels):
    workflow, settings = labels
    done = workflow.run(ACTIONS, "results/mine/labels.boris", "results/mine/labels.elan")
    assert done.returncode == 0, done.stdout[-4000:]
    actions = pd.read_csv(workflow.folder / ACTIONS)
    # The correction is the later file's, and is said.
    assert [tuple(row) for row in actions[["video", "start", "end", "label"]].values] == [
        ("a", 0.52, 0.8, "turn"),
        ("a", 0.04, 0.48, "turn"),
        ("b", 0.0, 0.5, "turn"),
    ]
    assert "1 actions are labelled in several files, 1 of them with another class" in done.stdout
    problems = pd.read_csv(workflow.folder / "results/mine/dataset/problems.csv")
    assert problems["problem"].str.contains("says 'jump'").any()
    elan = workflow.folder / "results/mine/labels.elan"
    assert sorted(path.name for path in elan.glob("*.eaf")) == ["a.eaf", "b.eaf"]
    assert (workflow.folder / "results/mine/labels.boris/labels.boris").is_file()
    assert workflow.planned(ACTIONS, "results/mine/labels.elan") == {}
    # Another file in the folder, and another setting, are noticed; the videos are not looked at again.
    folder = workflow.folder / "data" / "labels"
    (folder / "c.csv").write_text("video,start,end,label\nb,0.6,0.8,turn\n")
    assert workflow.planned(ACTIONS) == {"prepare_dataset": 1}
    (folder / "c.csv").unlink()
    assert workflow.planned(ACTIONS) == {}
    workflow.write_dataset("mine", {**settings, "labels": {"map": {"Jump": "jump"}}})
    assert workflow.planned(ACTIONS) == {"prepare_dataset": 1}
