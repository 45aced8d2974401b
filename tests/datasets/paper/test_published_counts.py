"""The published labels give the published numbers (docs/method.md sections 2 and 12)."""

import json
from collections import Counter
from pathlib import Path

import pytest

from vpdlib.datasets.adapters import parse_adapter
from vpdlib.datasets.base import check_actions
from vpdlib.datasets.fewshot import parse_membership
from vpdlib.datasets.listing import list_clips
from vpdlib.datasets.paper.files import published_numbers
from vpdlib.datasets.paper.protocol import read_clip_info
from vpdlib.datasets.paths import DataFolder
from vpdlib.datasets.prepare import prepare_paper

#: Supplement tables S6 and S7: train, val, test.
CLASS_COUNTS = {
    "fsjump6": {
        "axel": (190, 47, 134),
        "flip": (93, 23, 63),
        "loop": (46, 11, 37),
        "lutz": (127, 31, 86),
        "salchow": (29, 7, 25),
        "toe_loop": (258, 64, 175),
    },
    "tennis7": {
        "forehand_topspin": (2051, 512, 1169),
        "backhand_topspin": (1711, 427, 996),
        "backhand_slice": (489, 122, 201),
        "forehand_slice": (146, 35, 34),
        "backhand_volley": (76, 18, 46),
        "forehand_volley": (63, 15, 45),
        "overhead": (56, 13, 18),
    },
}
#: Rates of clips, and all their frames (docs/method.md section 2.1).
RATES = {
    "fsjump6": ({25.0: 371}, 1_582_825),
    "tennis7": ({25.0: 991, 29.97: 628}, 842_589),
    "fx35": ({25.0: 502, 29.97: 402, 30.0: 265, 50.0: 31, 28.51: 9, 29.83: 5}, 3_467_718),
    "diving48": (
        {
            25.0: 9502,
            60.0: 6483,
            29.97: 1128,
            30.0: 769,
            29.83: 189,
            29.95: 189,
            24.92: 144,
        },
        2_889_713,
    ),
}


def load(name, label_files, folder=Path("/nowhere"), **settings):
    adapter = parse_adapter({"kind": name, **settings})
    return adapter.load(label_files(name), DataFolder(folder))


def tables(name, dataset, published=None):
    adapter = parse_adapter({"kind": name})
    rows = list_clips(adapter, dataset.clips(), {c: f"{c}.mp4" for c in dataset.clips()}, 8)
    return prepare_paper(dataset, rows, published or {})


@pytest.mark.parametrize("name", ["fsjump6", "tennis7", "fx35"])
def test_the_tables_give_every_published_number(name, label_files):
    prepared = tables(name, load(name, label_files), published_numbers(name))
    found = {row.quantity: row.found for row in prepared.summary}
    published = {row.quantity: float(row.published) for row in prepared.summary if row.published}
    assert set(published) == set(published_numbers(name))
    for quantity, value in published.items():
        if quantity.endswith("top-1"):
            # Tennis7: the released labels give 46.59, the paper prints 46.7.
            assert found[quantity] == pytest.approx(value, abs=0.12 if name == "tennis7" else 0.051)
        else:
            assert found[quantity] == value, quantity
    assert (
        round(found["top class top-1"], 1) == {"fsjump6": 33.7, "tennis7": 46.6, "fx35": 7.5}[name]
    )
    counts = {row.name: (row.train, row.val, row.test) for row in prepared.classes}
    if name in CLASS_COUNTS:
        assert counts == CLASS_COUNTS[name]
    else:
        assert min(row.train for row in prepared.classes) == 48
        assert max(row.train for row in prepared.classes) == 411


@pytest.mark.parametrize("name", ["fsjump6", "tennis7", "fx35", "diving48"])
def test_clips_have_the_published_rates_and_lengths(name, label_files):
    stem = {"fsjump6": "fs", "tennis7": "tennis", "fx35": "fx"}.get(name, name)
    clips = read_clip_info(label_files(name)[f"{stem}.video_meta.pkl"])
    rates, frames = RATES[name]
    assert Counter(round(info.fps, 2) for info in clips.values()) == rates
    assert sum(info.num_frames for info in clips.values()) == frames


def test_few_shot_subsets_are_balanced_and_disjoint_from_the_rest(label_files):
    sizes = {
        "fsjump6": {4: 24, 8: 48, 16: 96, 32: 189, 64: 331, 128: 551},
        "tennis7": {4: 28, 8: 56, 16: 112, 32: 224, 64: 433, 128: 707},
        "fx35": {4: 140, 8: 280, 16: 560, 32: 1120, 64: 2191, 128: 3686},
    }
    for name, expected in sizes.items():
        dataset = load(name, label_files)
        split_of = {a.action_id: a.split for a in dataset.actions}
        label_of = {a.action_id: a.label for a in dataset.actions}
        for k, size in expected.items():
            trials = dataset.few_shot[k]
            assert len(trials) == 10
            for ids in trials:
                assert len(set(ids)) == len(ids) == size
                assert {split_of[a] for a in ids} == {"train"}
                counts = Counter(label_of[a] for a in ids)
                assert max(counts.values()) == k
                if k <= 16:
                    assert set(counts.values()) == {k}


def test_few_shot_membership_reaches_the_table(label_files):
    dataset = load("fsjump6", label_files)
    prepared = tables("fsjump6", dataset)
    chosen = {a.action for a in prepared.actions if (8, 3) in parse_membership(a.few_shot)}
    assert chosen == set(dataset.few_shot[8][3])


def test_skating_windows_and_held_out_competitions(label_files):
    dataset = load("fsjump6", label_files)
    by_id = {a.action_id: a for a in dataset.actions}
    clip = "men_world_short_program_2017_19_00258475_00262700"
    action = by_id[f"{clip}:642:681"]
    # Middle 661.5: from 62.5 frames before; 12.5 after it the jump is not over, and its end counts.
    assert (action.start_s * 25, action.end_s * 25) == pytest.approx((599, 681))
    lengths = [a.end_s - a.start_s for a in dataset.actions]
    assert sum(lengths) / len(lengths) == pytest.approx(3.30, abs=0.01)
    for video in dataset.videos:
        assert (video.split == "test") == ("2018" in video.clip)
    assert sum(video.split == "test" for video in dataset.videos) == 134
    events = {
        (e.video_id, e.label, round(e.start_s * 25), round(e.end_s * 25)) for e in dataset.events
    }
    assert (clip, "axel", 642, 681) in events
    mean = sum(e.end_s - e.start_s for e in dataset.events) / len(dataset.events)
    assert mean == pytest.approx(1.59, abs=0.01)
    assert [len(trial) for trial in dataset.detection_trials] == [237] * 5


def test_both_players_of_a_point_are_videos_of_one_file(label_files):
    dataset = load("tennis7", label_files)
    assert len(dataset.videos) == 2 * 1619
    assert len(dataset.clips()) == 1619
    assert Counter(video.athlete for video in dataset.videos) == {"near": 1619, "far": 1619}
    tests = {video.clip for video in dataset.videos if video.split == "test"}
    assert len(tests) == 479
    prepared = tables("tennis7", dataset)
    by_path = {}
    for video in prepared.videos:
        by_path.setdefault(video.path, []).append(video)
    for videos in by_path.values():
        assert len({video.shard for video in videos}) == 1
        assert [v.video.split("__")[0] for v in videos] == ["back", "front"]
    action = next(
        a
        for a in dataset.actions
        if a.action_id == "wimbledon_2019_mens_semifinal_federer_nadal:front:1237"
    )
    assert action.video_id.startswith("front__wimbledon_2019_mens_semifinal_federer_nadal_")
    assert round((action.end_s - action.start_s) * 25) in (24, 25)
    assert [len(trial) for trial in dataset.detection_trials] == [192] * 5
    trial = [row for row in prepared.trials if row.trial == 0 and row.place == 0]
    assert sorted(row.video.split("__")[0] for row in trial) == ["back", "front"]


def test_floor_events_with_test_actions_are_kept_from_the_student(label_files):
    dataset = load("fx35", label_files)
    train = {a.video_id for a in dataset.actions if a.split == "train"}
    test = {a.video_id for a in dataset.actions if a.split == "test"}
    assert (len(train), len(test), len(train & test)) == (693, 299, 76)
    assert {v.video_id for v in dataset.videos if v.split == "test"} == test
    assert len(dataset.class_names) == len(set(dataset.class_names)) == 35
    single = load("fx35", label_files, unit="action")
    assert len(single.videos) == 7634


def test_floor_windows_from_the_annotation(label_files, tmp_path):
    """Quarter of a second before; whole frames; the frame of the end is in."""
    rough = load("fx35", label_files)
    annotation = {}
    for action in rough.actions:
        event, key = action.action_id.split("_A_")
        video, event_key = event.split("_E_")
        start, end = (float(x) for x in key.split("_"))
        entry = annotation.setdefault(video, {}).setdefault(
            f"E_{event_key}", {"event": 2, "timestamps": [[0.0, 1.0]], "segments": {}}
        )
        entry["segments"][f"A_{key}"] = {"stages": 1, "timestamps": [[start + 0.31, end + 0.62]]}
    (tmp_path / "times.json").write_text(json.dumps(annotation))
    exact = load("fx35", label_files, tmp_path, annotation="times.json")
    infos = exact.clips()
    durations = {v.video_id: v.info.num_frames / v.info.fps for v in exact.videos}
    check_actions(exact.actions, durations, exact.class_names, {k: 1.0 for k in durations})
    action = next(a for a in exact.actions if infos[a.video_id].fps == 50 and a.start_s > 1)
    start, end = (float(x) for x in action.action_id.split("_A_")[1].split("_"))
    assert round(action.start_s * 50) == int((start + 0.31 - 0.25) * 50)
    assert round(action.end_s * 50) == round((end + 0.62) * 50) + 1


def test_diving48_when_its_labels_are_there(label_files, tmp_path):
    """The V2 JSON cannot be had here: a stand-in of the same form and size, with random classes."""
    files = label_files("diving48")
    clips = read_clip_info(files["diving48.video_meta.pkl"])
    few = {a for n, p in files.items() if n.startswith("train_") for a in p.read_text().split()}
    rest = [clip for clip in sorted(clips) if clip not in few]
    train = sorted(few) + rest[: 15_027 - len(few)]
    test = rest[15_027 - len(few) :][:1970]
    vocabulary = [["Back", f"{n}som", "NoTwis", "TUCK"] for n in range(48)]
    (tmp_path / "Diving48_vocab.json").write_text(json.dumps(vocabulary))
    for name, ids in (("train", train), ("test", test)):
        entries = [
            {"vid_name": c, "label": i % 47, "start_frame": 0, "end_frame": clips[c].num_frames}
            for i, c in enumerate(ids)
        ]
        (tmp_path / f"Diving48_V2_{name}.json").write_text(json.dumps(entries))
    dataset = load("diving48", label_files, tmp_path, labels=".")
    prepared = tables("diving48", dataset, published_numbers("diving48"))
    found = {row.quantity: row.found for row in prepared.summary}
    for quantity in ("clips", "classes", "train actions", "test actions"):
        assert found[quantity] == float(published_numbers("diving48")[quantity])
    assert found["random top-1"] == pytest.approx(2.08, abs=0.01)
    assert [len(dataset.few_shot[k][0]) for k in (4, 8, 16, 32, 64, 128)] == [
        188, 376, 752, 1504, 2843, 4956,
    ]  # fmt: skip
    assert prepared.classes[47].train == 0
