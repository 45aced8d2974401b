"""A dataset's results as the workflow writes them, small and made up, with names that a page must show as text."""

import json

import numpy as np

from vpdlib.artifacts import ArtifactWriter, Provenance
from vpdlib.datasets.tables import (
    ActionRow,
    ClassRow,
    ProblemRow,
    SummaryRow,
    VideoRow,
    write_rows,
)
from vpdlib.recognition.results import write_result
from vpdlib.recognition.trials import RecognitionResult
from vpdlib.site.site import Site, SiteSources
from vpdlib.students.settings import StudentSettings

CLASSES = ("axel", "<b>flip</b>", "lutz $x$")
GROUP = "<img src=x onerror=alert(1)>"


def origin(rule="r"):
    return Provenance(rule, "c", "d", "i")


class MadeResults:
    """Results below a folder: `num_videos` test videos of two actions, and a training video."""

    def __init__(self, results, num_videos=3, num_trials=2):
        self.results, self.num_trials = results, num_trials
        self.videos = [f"v{number}" for number in range(num_videos)]
        self.there = []
        self.actions = [
            ActionRow(
                f"{video}_{n}", video, 1.0 + n, 1.5 + n, CLASSES[(place + n) % 3], "test", GROUP, ""
            )
            for place, video in enumerate(self.videos)
            for n in range(2)
        ]
        learnt = ActionRow("learnt", "train", 0.0, 1.0, CLASSES[0], "train", "someone", "")
        self.write_dataset([*self.actions, learnt])

    def write_dataset(self, actions):
        folder = self.results / "dataset"
        folder.mkdir(parents=True)
        rows = [
            VideoRow(video, "", 0, 25.0, 640, 360, 100, 4.0, "test", GROUP) for video in self.videos
        ]
        rows.append(VideoRow("train", "", 0, 25.0, 640, 360, 100, 4.0, "train", "someone"))
        write_rows(folder / "videos.csv", rows, VideoRow)
        write_rows(folder / "actions.csv", actions, ActionRow)
        write_rows(folder / "classes.csv", [ClassRow(name, 1, 0, 2) for name in CLASSES], ClassRow)
        write_rows(folder / "summary.csv", [SummaryRow("clips", 3, "")], SummaryRow)

    def text(self, name, text):
        path = self.results / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        self.there.append(name)

    def problems(self, *rows):
        write_rows(self.results / "problems.csv", [ProblemRow(*row) for row in rows], ProblemRow)
        self.there.append("problems.csv")

    def recognition(self, name, predicted):
        """A recognition artifact ``recognition/a/b/full.h5`` from the class of each trial and action."""
        path = self.results / name
        path.parent.mkdir(parents=True, exist_ok=True)
        trials = len(predicted)
        write_result(
            path,
            origin("recognize_actions"),
            RecognitionResult(
                head=path.parent.name,
                shots=None,
                probabilities=np.eye(3, dtype=np.float32)[np.array(predicted)],
                seeds=tuple(range(trials)),
                train_ids=(("learnt",),) * trials,
                test_ids=tuple(action.action for action in self.actions),
                true_labels=np.array([CLASSES.index(action.label) for action in self.actions]),
                class_names=CLASSES,
                is_empty_test=np.zeros(len(self.actions), bool),
                num_empty_train=(0,) * trials,
                num_val=(0,) * trials,
                best_epochs=(1,) * trials,
            ),
        )
        self.there.append(name)

    def truth(self):
        """The class of every test action."""
        return [CLASSES.index(action.label) for action in self.actions]

    def tracks(self, followed, num=100):
        """Tracks of test videos; in the first `followed` of `num` frames there is a box of score 0.5."""
        path = self.results / "tracks/0000.h5"
        path.parent.mkdir(parents=True)
        is_there = np.arange(num) < followed
        with ArtifactWriter(path, "tracks", origin()) as artifact:
            for video in self.videos:
                artifact.add_video(
                    video,
                    {
                        "time_s": np.arange(num) / 25,
                        "shot": np.zeros(num, int),
                        "segment": np.where(is_there, 0, -1),
                        "previous_frame": np.full(num, -1),
                        "box_px": np.where(is_there[:, None], np.full((num, 4), 9.0), np.nan),
                        "origin": is_there.astype(np.uint8),
                        "score": np.where(is_there, 0.5, 0.0),
                    },
                )
        self.there.append("tracks/0000.h5")

    def weak_labels(self, score, kept):
        path = self.results / "weak_labels/pose2d/0000.h5"
        path.parent.mkdir(parents=True)
        num = len(score)
        with ArtifactWriter(path, "weak_labels", origin()) as artifact:
            for video in self.videos:
                artifact.add_video(
                    video,
                    {
                        "frame": np.arange(num),
                        "pose_norm": np.zeros((num, 2, 26)),
                        "motion_norm": np.zeros((num, 2, 26)),
                        "score": np.array(score),
                        "kept": np.array(kept),
                    },
                    {"num_video_frames": 100, "num_frames": num, "num_kept": int(sum(kept))},
                )
        self.there.append("weak_labels/pose2d/0000.h5")

    def student(self, name):
        folder = self.results / "students" / name
        folder.mkdir(parents=True)
        record = {"settings": StudentSettings().model_dump(mode="json"), "best_epoch": 7}
        (folder / "settings.json").write_text(json.dumps(record))
        (folder / "history.csv").write_text(
            "epoch,train_loss,val_loss,val_loss_average,seconds\n1,2.0,3.0,3.0,1\n2,1.0,,3.0,1\n"
        )
        self.there.append(f"students/{name}")

    def site(self, out, **settings):
        """A site of it that pages are built into."""
        for name in ("data", "figures", "clips", "pages"):
            (out / name).mkdir(parents=True)
        return Site(SiteSources("Made up", "made", self.results, self.there, settings), out)


def read_shard(site, name):
    """The data that a page has by ``vpd.load(name)``."""
    text = (site.out / "data" / f"{name}.js").read_text(encoding="utf-8")
    start = f"vpd.shard({json.dumps(name)},"
    assert text.startswith(start)
    assert text.endswith(");\n")
    return json.loads(text[len(start) : -3])
