"""Windows, splits, athletes and refusals, on small label files of the upstream forms."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.datasets.adapters import labels
from vpdlib.datasets.adapters.diving48 import Diving48Adapter
from vpdlib.datasets.adapters.fsjump6 import FSJump6Adapter
from vpdlib.datasets.adapters.fx35 import FX35Adapter
from vpdlib.datasets.adapters.tennis7 import Tennis7Adapter
from vpdlib.datasets.base import DatasetError
from vpdlib.datasets.listing import list_clips
from vpdlib.datasets.paper.protocol import read_clip_info, restrict
from vpdlib.datasets.paper.recordings import cuts_of
from vpdlib.datasets.paths import DataFolder
from vpdlib.datasets.prepare import prepare_paper
from vpdlib.video.recut import Cut

#: Of datasets whose label files are all fetched.
NOWHERE = DataFolder(Path("/nowhere"))


def frames(action, fps):
    return round(action.start_s * fps, 6), round(action.end_s * fps, 6)


class TestFSJump6:
    @pytest.fixture
    def dataset(self, tmp_path):
        return FSJump6Adapter().load(labels.fsjump6(tmp_path), NOWHERE)

    def test_windows(self, dataset):
        clip = "men_world_short_program_2017_01_00000100_00000400"
        found = {a.action_id.removeprefix(f"{clip}:"): frames(a, 25) for a in dataset.actions}
        # 62.5 frames before the middle to 12.5 after; at the ends of the clip; and no narrower than the label.
        assert found["100:140"] == (57, 140)
        assert found["10:20"] == (0, 27)
        assert found["280:299"] == (227, 300)
        assert found["60:160"] == (47, 160)

    def test_splits(self, dataset):
        assert [a.split for a in dataset.actions] == ["train"] * 4 + ["test", "val"]
        assert {v.clip[-36:]: v.split for v in dataset.videos if "2018" in v.clip} == {
            "_short_program_2018_02_00000500_00000800"[-36:]: "test"
        }
        assert [a.group for a in dataset.actions][4:] == [
            "women_world_short_program_2018",
            "men_world_short_program_2019",
        ]

    def test_events_are_the_labels(self, dataset):
        assert frames(dataset.events[0], 25) == (100, 140)
        assert [e.split for e in dataset.events] == ["train"] * 4 + ["test", "train"]

    def test_cuts_are_in_the_names(self, dataset):
        adapter = FSJump6Adapter()
        cuts, fps = cuts_of(adapter, dataset, "men_world_short_program_2017", NOWHERE)
        assert cuts == [Cut("men_world_short_program_2017_01_00000100_00000400", 100, 400)]
        assert fps == 25
        assert cuts_of(adapter, dataset, "men_olympic_short_program_2010", NOWHERE) == ([], 0.0)

    def test_unknown_labels_are_refused(self, tmp_path):
        files = labels.fsjump6(tmp_path)
        files["all.txt"].write_text("nowhere:1:2 axel\n")
        with pytest.raises(DatasetError, match=r"all\.txt:1: unknown routine or class"):
            FSJump6Adapter().load(files, NOWHERE)

    def test_a_test_action_in_a_training_list_is_refused(self, tmp_path):
        files = labels.fsjump6(tmp_path)
        with files["train_2_1.ids.txt"].open("a") as stream:
            stream.write("women_world_short_program_2018_02_00000500_00000800:100:140\n")
        with pytest.raises(DatasetError, match=r"train_2_1.*2018.* is no training action"):
            FSJump6Adapter().load(files, NOWHERE)

    def test_a_part_of_it(self, dataset):
        part = restrict(dataset, ["*_2017_*", "women_*"])
        assert len(part.videos) == 2
        assert len(part.actions) == 5
        assert part.few_shot == {}
        assert part.detection_trials[0] == ("men_world_short_program_2017_01_00000100_00000400",)
        prepared = prepare_paper(part, list_clips(FSJump6Adapter(), part.clips(), {}, 1), {})
        assert {a.few_shot for a in prepared.actions} == {""}
        with pytest.raises(DatasetError, match=r"'\*_2016_\*' matches none of the 3 clips"):
            restrict(dataset, ["*_2016_*"])

    def test_published_subsets_reach_the_table(self, dataset):
        listed = list_clips(FSJump6Adapter(), dataset.clips(), {}, 4)
        prepared = prepare_paper(dataset, listed, {"clips": "371"})
        cells = {a.action.split(":", 1)[1]: a.few_shot.split() for a in prepared.actions}
        assert cells["10:20"] == ["k2t0"]
        assert cells["280:299"] == ["k2t1"]
        assert {row.quantity: row.published for row in prepared.summary}["clips"] == "371"


class TestTennis7:
    @pytest.fixture
    def dataset(self, tmp_path):
        return Tennis7Adapter().load(labels.tennis7(tmp_path), NOWHERE)

    def test_each_player_is_a_video_of_the_same_file(self, dataset):
        assert len(dataset.videos) == 6
        assert {(v.video_id.split("__")[0], v.athlete) for v in dataset.videos} == {
            ("front", "near"),
            ("back", "far"),
        }
        assert sorted(dataset.clips()) == sorted({v.clip for v in dataset.videos})

    def test_windows(self, dataset):
        found = {a.action_id.split(":", 1)[1]: a for a in dataset.actions}
        assert frames(found["front:1050"], 25) == (37, 62)
        assert frames(found["back:1003"], 25) == (0, 15)
        assert frames(found["back:360"], 29.97) == (45, 74)
        # In the overlap of two points: the earlier one has it, up to its end.
        assert found["front:1097"].video_id.endswith("_1000_1100")
        assert frames(found["front:1097"], 25) == (84, 100)

    def test_detection_looks_for_serves_too(self, dataset):
        assert [e.label for e in dataset.events].count("serve") == 1
        assert "nonshot" not in {e.label for e in dataset.events}
        assert "serve" not in {a.label for a in dataset.actions}
        assert frames(dataset.events[0], 25) == (47, 52)

    def test_both_players_are_in_a_trial(self, dataset):
        prepared = prepare_paper(dataset, list_clips(Tennis7Adapter(), dataset.clips(), {}, 8), {})
        assert sum(row.trial == 0 and row.place == 0 for row in prepared.trials) == 2
        shards = {}
        for video in prepared.videos:
            shards.setdefault(video.video.split("__")[1], set()).add(video.shard)
        assert all(len(found) == 1 for found in shards.values())

    def test_cuts(self, dataset):
        match = "wimbledon_2019_mens_final_djokovic_federer"
        adapter = Tennis7Adapter()
        cuts, fps = cuts_of(adapter, dataset, match, NOWHERE)
        assert [(c.first_frame, c.end_frame) for c in cuts] == [(1000, 1100), (1095, 1200)]
        assert fps == 25
        assert adapter.recording_of(cuts[0].clip_id) == match

    def test_a_contact_in_no_point_is_refused(self, tmp_path):
        files = labels.tennis7(tmp_path)
        files["all.txt"].write_text("usopen_2019_womens_osaka_gauff:back:500 overhead\n")
        with pytest.raises(DatasetError, match=r"all\.txt:1: .*lies in no point"):
            Tennis7Adapter().load(files, NOWHERE)


class TestFX35:
    def annotation(self):
        segments = {
            "A_0002_0003": {"stages": 1, "timestamps": [[2.3, 3.61]]},
            "A_0005_0006": {"stages": 1, "timestamps": [[0.1, 6.0]]},
        }
        event = {"event": 2, "timestamps": [[100.05, 109.99]], "segments": segments}
        other = {
            "event": 2,
            "timestamps": [[20.0, 29.99]],
            "segments": {"A_0001_0002": {"stages": 1, "timestamps": [[1.0, 99.0]]}},
        }
        return {
            "abc_DEF-123": {"E_000100_000110": event},
            "-bcdefghijk": {"E_000020_000030": other},
        }

    def annotated(self, folder, annotation):
        (folder / "times.json").write_text(json.dumps(annotation))
        return self.annotated_by(folder, "times.json")

    def annotated_by(self, folder, name):
        return FX35Adapter(annotation=name).load(labels.fx35(folder), DataFolder(folder))

    def test_windows_from_the_annotation(self, tmp_path):
        dataset = self.annotated(tmp_path, self.annotation())
        first, second, third = dataset.actions
        # floor(2.05 x 50) to the frame of ceil(3.61 x 50), which is in.
        assert frames(first, 50) == (102, 182)
        assert frames(second, 30) == (22, 300)
        assert frames(third, 50) == (0, 301)
        assert (first.label, third.split) == ("floor 6", "test")

    def test_windows_from_the_names(self, tmp_path):
        dataset = FX35Adapter().load(labels.fx35(tmp_path), NOWHERE)
        assert frames(dataset.actions[0], 50) == (87, 201)

    def test_an_event_with_a_test_action_is_a_test_video(self, tmp_path):
        dataset = FX35Adapter().load(labels.fx35(tmp_path), NOWHERE)
        assert {v.video_id: v.split for v in dataset.videos} == {
            "abc_DEF-123_E_000100_000110": "test",
            "-bcdefghijk_E_000020_000030": "train",
        }
        assert dataset.few_shot == {4: (("abc_DEF-123_E_000100_000110_A_0002_0003",),)}

    def test_actions_as_videos(self, tmp_path):
        dataset = FX35Adapter(unit="action").load(labels.fx35(tmp_path), NOWHERE)
        rows = [
            replace(row, declared_frames=40, duration_s=40 / row.fps)
            for row in list_clips(FX35Adapter(), dataset.clips(), {}, 2)
        ]
        prepared = prepare_paper(dataset, rows, {})
        assert [a.start for a in prepared.actions] == [0, 0, 0]
        by_id = {v.video: v for v in prepared.videos}
        for action in prepared.actions:
            assert action.end == by_id[action.video].duration_s

    def test_cuts_need_the_annotation(self, tmp_path):
        dataset = FX35Adapter().load(labels.fx35(tmp_path), NOWHERE)
        with pytest.raises(DatasetError, match=r"adapter\.annotation: FineGym events are cut"):
            cuts_of(FX35Adapter(), dataset, "abc_DEF-123", DataFolder(tmp_path))
        (tmp_path / "times.json").write_text(json.dumps(self.annotation()))
        adapter = FX35Adapter(annotation="times.json")
        cuts, fps = cuts_of(adapter, dataset, "abc_DEF-123", DataFolder(tmp_path))
        # 100.05 s at 50 frames a second: .05 is not .5.
        assert (cuts[0].first_frame, cuts[0].end_frame, fps) == (5002, 5500, 50)

    def test_another_annotation_is_refused(self, tmp_path):
        with pytest.raises(DatasetError, match="no times of abc_DEF-123_E_000100_000110, action"):
            self.annotated(tmp_path, {"abc_DEF-123": {}})
        with pytest.raises(DatasetError, match="does not exist"):
            self.annotated_by(tmp_path, "none.json")
        (tmp_path / "bad.json").write_text("{")
        with pytest.raises(DatasetError, match="not valid JSON"):
            self.annotated_by(tmp_path, "bad.json")


class TestDiving48:
    def files(self, folder):
        clips = {f"clip_{n}": (25.0, 100 + n, 640, 480) for n in range(4)}
        return labels.write(
            folder,
            {
                "diving48.video_meta.pkl": labels.metadata(clips),
                "train_4_0.ids.txt": "clip_0\nclip_1\n",
            },
        )

    def write_labels(self, folder, train, test):
        (folder / "Diving48_vocab.json").write_text(
            json.dumps([["Back", "15som", "05Twis", "FREE"], ["Fwd", "25som", "NoTwis", "PIKE"]])
        )
        for name, clips in (("train", train), ("test", test)):
            entries = [
                {"vid_name": c, "label": n % 2, "start_frame": 0, "end_frame": 103}
                for n, c in enumerate(clips)
            ]
            (folder / f"Diving48_V2_{name}.json").write_text(json.dumps(entries))

    def test_clips_are_actions(self, tmp_path):
        files = self.files(tmp_path)
        self.write_labels(tmp_path, ["clip_0", "clip_1"], ["clip_2"])
        dataset = Diving48Adapter(labels=".").load(files, DataFolder(tmp_path))
        assert dataset.class_names == ("Back 15som 05Twis FREE", "Fwd 25som NoTwis PIKE")
        assert [frames(a, 25) for a in dataset.actions] == [(0, 100), (0, 101), (0, 102)]
        assert [v.split for v in dataset.videos] == ["train", "train", "test", "train"]
        assert dataset.few_shot == {4: (("clip_0", "clip_1"),)}

    def test_what_is_missing_or_wrong_is_said(self, tmp_path):
        files = self.files(tmp_path)
        with pytest.raises(
            DatasetError, match=r"Diving48_vocab\.json does not exist.*diving48\.md"
        ):
            Diving48Adapter(labels=".").load(files, DataFolder(tmp_path))
        self.write_labels(tmp_path, ["clip_0", "clip_0"], ["clip_2"])
        with pytest.raises(DatasetError, match="entry 2: 'clip_0' is in Diving48_V2_train"):
            Diving48Adapter(labels=".").load(files, DataFolder(tmp_path))
        self.write_labels(tmp_path, ["clip_9"], ["clip_2"])
        with pytest.raises(DatasetError, match=r"entry 1: no known clip .*Is it version 2\?"):
            Diving48Adapter(labels=".").load(files, DataFolder(tmp_path))


def test_metadata_of_another_form_is_refused(tmp_path):
    import pickle

    for content in ([1, 2], {"a": (25.0, 3)}, {3: (25.0, 1, 2, 3)}):
        path = tmp_path / "x.pkl"
        path.write_bytes(pickle.dumps(content))
        with pytest.raises(DatasetError, match=r"x\.pkl: .*expected"):
            read_clip_info(path)
