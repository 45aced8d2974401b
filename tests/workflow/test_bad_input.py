"""Bad input is refused before any heavy job starts, and the message names thing, place and remedy."""

import shutil

import pytest

from tests.workflow.conftest import GOOD, SETTINGS, write_video
from vpdlib.datasets.tables import read_problems

TABLE = "results/mine/table1.csv"
HEAVY = ("detect_people", "crop_athlete", "estimate_pose", "distil_student")


def refused(workflow, *words, target=TABLE):
    done = workflow.run(target)
    assert done.returncode != 0, done.stdout
    for word in words:
        assert word in done.stdout, f"{word!r} is not in:\n{done.stdout}"
    for rule in HEAVY:
        assert not list((workflow.folder / "results").rglob(f"logs/{rule}/*")), rule


@pytest.mark.workflow
class TestBadInput:
    def test_the_good_folder_is_accepted(self, mine):
        done = mine.run("results/mine/dataset/actions.csv")
        assert done.returncode == 0, done.stdout
        assert (mine.folder / "results/mine/dataset/actions.csv").read_text().count("\n") == 4

    def test_what_is_doubtful_and_stops_nothing_is_told_of(self, mine):
        data = mine.folder / "data"
        text = (
            GOOD.replace("b,0,0.5,turn,train", "B.MP4,0,0:00.5,turn,train") + "b,0.5,,spin,test\n"
        )
        (data / "labels.csv").write_text(text.replace(",", ";").replace("0.5", "0,5"), "utf-16")
        done = mine.run("results/mine/dataset/actions.csv")
        assert done.returncode == 0, done.stdout
        rows = read_problems(mine.folder / "results/mine/dataset/problems.csv")
        assert sorted(row.video for row in rows) == ["a", "b", "b", "b"]
        for word in (
            "'B.MP4'",
            "class 'spin' is in split test alone",
            "class 'jump' has this one training action",
            "class 'turn' has this one training action",
        ):
            assert any(word in row.video + row.problem for row in rows)
            assert word in done.stdout

    @pytest.mark.parametrize(
        ("labels", "words"),
        [
            (GOOD + "missing,0,1,jump,train\n", ("labels.csv:5", "no video 'missing'")),
            (GOOD + "a,0.2,9.5,jump,train\n", ("labels.csv:5", "outside its video", "lasts 1 s")),
            (GOOD + "a,0.4,0.2,jump,train\n", ("labels.csv:5", "end after it begins")),
            (GOOD + "b,0,0.5,turn,train\n", ("labels.csv:5", "labels.csv:3", "Remove one")),
            (
                GOOD.replace("turn,test", "Turn,test"),
                ("labels.csv:4", "labels.csv:3", "case alone"),
            ),
            (GOOD.replace("jump", '"jump'), ("labels.csv:2", "quote", "not closed in its row")),
            (GOOD + "day/b.mp4,0.6,0.7,turn,train\n", ("labels.csv:5", "not in a folder 'day'")),
        ],
    )
    def test_bad_labels(self, mine, labels, words):
        (mine.folder / "data" / "labels.csv").write_text(labels)
        refused(mine, *words)

    def test_unknown_class(self, mine):
        mine.write_dataset("mine", {**SETTINGS, "classes": ["jump", "spin"]})
        refused(mine, "unknown class 'turn'", "jump, spin", "labels.csv:3")

    def test_unreadable_video(self, mine):
        (mine.folder / "data" / "videos" / "b.mp4").write_bytes(b"not a video" * 100)
        refused(mine, "b.mp4", "1 of 2 videos cannot be used")

    def test_missing_folder(self, mine):
        shutil.rmtree(mine.folder / "data" / "videos")
        refused(mine, "videos does not exist", "data_dir")

    def test_duplicate_id(self, mine):
        write_video(mine.folder / "data" / "videos" / "more" / "a.mp4")
        refused(mine, "two videos have the id 'a'", "more/a.mp4", "Rename")

    def test_unsafe_id(self, mine):
        write_video(mine.folder / "data" / "videos" / "a;b.mp4")
        refused(mine, "'a;b'", "not a safe video id", "rename")

    def test_unknown_setting_in_the_dataset(self, mine):
        mine.write_dataset("mine", {**SETTINGS, "crops": {"sise": 64}})
        refused(mine, "crops.sise", "unknown setting", "pad_px")

    def test_unknown_setting_of_the_run(self, mine):
        mine.write_config(devise="cpu")
        refused(mine, "devise", "unknown setting")

    def test_unknown_dataset(self, mine):
        refused(mine, "no dataset 'yours'", "mine", target="results/yours/table1.csv")

    def test_weights_of_another_digest(self, mine, networks_dir):
        own = mine.folder / "networks"
        shutil.copytree(networks_dir, own)
        network = own / "movenet-thunder.onnx"
        content = bytearray(network.read_bytes())
        content[1000] ^= 1
        network.write_bytes(content)
        mine.write_config(networks_dir=str(own))
        refused(mine, "movenet-thunder.onnx", "expected", "found")

    def test_a_video_in_which_nobody_is_found_is_carried_as_empty(self, mine):
        """Noise holds no person: the stages run through and say so."""
        done = mine.run(
            "results/mine/features/joints/joints2d/0000.h5",
            "results/mine/features/joints/joints2d/0001.h5",
        )
        assert done.returncode == 0, done.stdout
        logs = "".join(
            path.read_text() for path in mine.folder.glob("results/mine/logs/track_athlete/*.log")
        )
        assert logs.count("no athlete") == 2
