"""The table that the page of found actions makes of edits, read again by the workflow: what the page shows, exactly."""

import json
import math
import random
import shutil
import subprocess
from pathlib import Path

import pytest

import vpdlib.site
from tests.interchange.reading import read
from vpdlib.datasets.base import VideoSource
from vpdlib.site.pages.found import Item, pairs

NODE = shutil.which("node")
LOGIC = Path(vpdlib.site.__path__[0], "static/corrections.js")
VIDEOS = ("heat_01", "heat_02")
DURATION_S = 60.0

pytestmark = pytest.mark.skipif(NODE is None, reason="node is not installed; npm needs it, too")


def run(*cases):
    """What the page's script makes of cases."""
    answer = subprocess.run(
        [NODE, str(Path(__file__).with_name("corrections.mjs")), str(LOGIC)],
        input=json.dumps(cases),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout)


def item(kind, number, video, start, end, label, group=""):
    return {
        "id": f"{kind}{number}",
        "kind": kind,
        "video": video,
        "start": start,
        "end": end,
        "label": label,
        "group": group,
        "pair": None,
    }


def paired(items):
    """Items with the labels that they are set against, as the page's builder pairs them."""
    found = pairs([Item(i["kind"], i["video"], i["start"], i["end"], i["label"]) for i in items])
    return [
        {**one, "pair": None if place < 0 else items[place]["id"]}
        for one, place in zip(items, found, strict=True)
    ]


def edit(one, decision="accepted", **changes):
    kept = {name: one[name] for name in ("id", "video", "start", "end", "label")}
    return {**kept, "decision": decision, **changes}


def read_again(folder, items, csv):
    """The actions of labels.csv and corrections.csv, and problems."""
    folder.mkdir(exist_ok=True)
    lines = ["video,start,end,label,group"]
    lines += [
        ",".join([i["video"], repr(i["start"]), repr(i["end"]), quoted(i["label"]), i["group"]])
        for i in items
        if i["kind"] == "l"
    ]
    paths = [folder / "labels.csv"]
    paths[0].write_text("\n".join(lines) + "\n", encoding="utf-8")
    if csv.count("\n") > 1:
        paths.append(folder / "corrections.csv")
        paths[1].write_text(csv, encoding="utf-8")
    problems = []
    sources = [VideoSource(name, Path(f"videos/{name}.mp4")) for name in VIDEOS]
    actions = read(paths, sources, dict.fromkeys(VIDEOS, DURATION_S), problems=problems)
    return actions, problems


def quoted(text):
    return '"' + text.replace('"', '""') + '"'


def keys(shown):
    """Segments to the millisecond, rounded down as they are written."""
    return sorted((one["video"], _ms(one["start"]), _ms(one["end"]), one["label"]) for one in shown)


def keys_of_actions(actions):
    return sorted((one.video_id, _ms(one.start_s), _ms(one.end_s), one.label) for one in actions)


def _ms(time_s):
    return math.floor(1000 * time_s + 1e-6)


LABELLED = item("l", 0, "heat_01", 10.0, 12.0, "axel", "anna")
OTHER = item("l", 1, "heat_01", 20.0, 21.0, "lutz", "mia")
FOUND = item("f", 2, "heat_01", 10.2, 12.1, "flip")
AGREED = item("f", 3, "heat_01", 20.1, 21.0, "lutz")
NEW = item("f", 4, "heat_02", 1.04, 2.2, "toe")
ITEMS = paired([LABELLED, OTHER, FOUND, AGREED, NEW])


def test_what_is_accepted_rejected_moved_and_added_is_read_as_it_is_shown(tmp_path):
    added = item("n", 1, "heat_01", 30.0, 31.0, 'toe, "5" loop')
    (answer,) = run(
        {
            "items": ITEMS,
            "steps": [
                edit(FOUND),
                edit(OTHER, start=40.0, end=41.5),
                edit(NEW),
                edit(added),
                edit(AGREED, "rejected"),
            ],
        }
    )
    actions, problems = read_again(tmp_path, ITEMS, answer["csv"])
    assert keys_of_actions(actions) == keys(answer["shown"])
    assert [one.label for one in actions] == ["flip", 'toe, "5" loop', "lutz", "toe"]
    assert [one.group for one in actions] == ["anna", "mia", "mia", ""] or actions[1].group
    assert problems == []
    assert answer["csv"].splitlines()[:2] == [
        "video,start,end,label,group,replaces",
        "heat_01,10.200,12.100,flip,anna,10.000-12.000",
    ]
    assert answer["again"] == answer["csv"]


def test_a_label_that_is_right_needs_no_row(tmp_path):
    (answer,) = run({"items": ITEMS, "steps": [edit(AGREED), edit(LABELLED)]})
    assert answer["csv"] == "video,start,end,label,replaces\n"
    assert answer["states"]["f3"] == ["accepted", True]
    assert ("heat_01", 20000, 21000, "lutz") in keys(answer["shown"])


def test_the_later_of_a_label_and_what_was_found_counts():
    flip, relabelled = edit(FOUND), edit(LABELLED, label="loop")
    first, second, undone = run(
        {"items": ITEMS, "steps": [flip, relabelled]},
        {"items": ITEMS, "steps": [relabelled, flip]},
        {"items": ITEMS, "steps": [relabelled, flip, "undo", "undo", "redo"]},
    )
    assert first["states"]["f2"] == ["", False]
    assert [one["label"] for one in first["shown"]] == ["loop", "lutz"]
    assert [one["label"] for one in second["shown"]] == ["lutz", "flip"]
    assert undone["csv"] == first["csv"]
    assert "heat_01,10.000,12.000,loop,anna,10.000-12.000\n" in first["csv"]


def test_labels_that_nobody_touched_stay_beside_what_overlaps_them(tmp_path):
    # Two athletes at one time, and a third label that a moved one comes to lie on.
    twins = paired([LABELLED, item("l", 1, "heat_01", 10.0, 12.0, "lutz"), OTHER | {"id": "l2"}])
    steps = [edit(twins[0], "rejected"), edit(twins[1], start=20.1, end=21.0)]
    (answer,) = run({"items": twins, "steps": steps})
    actions, problems = read_again(tmp_path, twins, answer["csv"])
    assert keys_of_actions(actions) == keys(answer["shown"])
    assert len(actions) == 2
    assert problems == []


def test_a_written_time_has_the_same_frames():
    # Rounded down, 1.2018 s would take in the frame that begins at 1.2 s.
    label = {**item("l", 0, "heat_01", 1.2018, 2.0009, "axel"), "fps": 25.0}
    (answer,) = run({"items": [label], "steps": [edit(label, label="lutz")]})
    assert answer["csv"].splitlines()[1] == "heat_01,1.202,2.000,lutz,1.201-2.000"


def test_edits_of_any_kind_are_read_as_they_are_shown(tmp_path):
    cases = [{"items": items, "steps": steps} for items, steps in map(_drawn, range(150))]
    for number, (case, answer) in enumerate(zip(cases, run(*cases), strict=True)):
        actions, problems = read_again(tmp_path / str(number), case["items"], answer["csv"])
        assert keys_of_actions(actions) == keys(answer["shown"]), number
        assert problems == [], number
        assert answer["again"] == answer["csv"]


def _drawn(seed):
    """Items that crowd two videos, and edits of them."""
    draw = random.Random(seed)

    def segment():
        start = draw.choice([round(draw.uniform(0, 12), 3), draw.randrange(300) / 25])
        return start, start + draw.choice([0.04, 1.0, 1.001, round(draw.uniform(0.1, 4), 3)])

    items = []
    for number in range(draw.randrange(2, 14)):
        kind = "l" if number == 0 else draw.choice("lfq")
        video, label = draw.choice(VIDEOS), draw.choice(["axel", "lutz", "toe"])
        items.append(item(kind, number, video, *segment(), label))
        if draw.random() < 0.2:
            items.append({**items[-1], "id": f"{kind}{number + 100}", "label": "flip"})
    items = paired(items)
    steps = []
    for number in range(draw.randrange(1, 12)):
        one = draw.choice([*items, item("n", number, draw.choice(VIDEOS), *segment(), "new")])
        changes = {}
        if draw.random() < 0.5:
            changes = dict(zip(("start", "end"), segment(), strict=True))
        if draw.random() < 0.3:
            changes["label"] = draw.choice(["axel", "flip"])
        steps.append(
            edit(one, draw.choice(["accepted", "accepted", "rejected", ""]), **changes)
            if draw.random() < 0.9
            else draw.choice(["undo", "redo"])
        )
        if isinstance(steps[-1], dict) and steps[-1]["decision"] == "":
            steps[-1] = edit(one, "")
    return items, steps


@pytest.mark.parametrize("fps", [25.0, 30000 / 1001, 23.976, 50.0])
def test_a_nudge_takes_one_frame_more_or_less(fps):
    video = {"fps": fps, "duration": 250 / fps}

    def frames_of(segment):
        # As frames are taken for an action: vpdlib.datasets.base.
        return [
            n for n in range(250) if segment["start"] - 1.5e-3 <= n / fps < segment["end"] - 1.5e-3
        ]

    segment = {"start": 1.2921, "end": 2.4183}
    steps = [("start", -1), ("start", 1), ("end", -1), ("end", 1), ("start", -999), ("start", 999)]
    steps += [("end", -999), ("end", 999)]
    nudges = [{"segment": segment, "edge": edge, "frames": n, "video": video} for edge, n in steps]
    (answer,) = run({"items": [], "nudges": nudges})
    before = frames_of(segment)
    expected = [
        [before[0] - 1, *before],
        before[1:],
        before[:-1],
        [*before, before[-1] + 1],
        list(range(before[-1] + 1)),
        before[-1:],
        before[:1],
        list(range(before[0], 250)),
    ]
    assert [frames_of(one) for one in answer["nudged"]] == expected
