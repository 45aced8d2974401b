"""Made-up results of two videos with four labelled actions, for the tests of the pages of actions."""

import json

import numpy as np

from tests.people.scripts import write_shard
from tests.video.making import picture
from vpdlib.artifacts import ArtifactWriter, Provenance
from vpdlib.datasets.tables import ActionRow, ClassRow, write_rows
from vpdlib.recognition.results import write_result
from vpdlib.recognition.sequences import action_sequences
from vpdlib.recognition.trials import RecognitionResult
from vpdlib.retrieval.results import write_retrieval
from vpdlib.retrieval.search import rank_actions
from vpdlib.retrieval.settings import RetrievalSettings
from vpdlib.site.site import Site, SiteSources

NUM, FPS = 75, 25.0
#: A class as a user may name it.
CLASSES = ['<b>"axel"', "lutz"]
ACTIONS = [
    ActionRow("a_1", "a", 0.1, 0.9, CLASSES[0], "train", "g<1>", ""),
    ActionRow("a_2", "a", 1.0, 1.96, "lutz", "train", "g<1>", ""),
    ActionRow("b_1", "b", 0.0, 0.8, CLASSES[0], "test", "", ""),
    ActionRow("b_2", "b", 2.6, 3.0, "lutz", "test", "", ""),
]


def origin(rule="r", **details):
    return Provenance(rule, "c", "d", "i", **details)


def write_dataset(folder, actions=ACTIONS):
    """Videos whose pictures tell their numbers, and the dataset's tables."""
    (folder / "dataset").mkdir(parents=True, exist_ok=True)
    write_shard(folder / "dataset", {name: [picture(at) for at in range(NUM)] for name in "ab"})
    write_rows(folder / "dataset/actions.csv", actions, ActionRow)
    rows = [ClassRow(name, 1, 0, 1) for name in CLASSES]
    write_rows(folder / "dataset/classes.csv", rows, ClassRow)


def write_features(path, seed=0, dim=4, missing=()):
    """Descriptors of every frame but those that are missing from video b."""
    rng = np.random.default_rng(seed)
    path.parent.mkdir(parents=True, exist_ok=True)
    with ArtifactWriter(path, "features", origin()) as artifact:
        for name in "ab":
            frame = np.array([at for at in range(NUM) if name == "a" or at not in missing])
            artifact.add_video(
                name,
                {
                    "frame": frame.astype(np.int32),
                    "time_s": frame / FPS,
                    "descriptor": rng.normal(size=(len(frame), 2, dim)).astype(np.float32),
                },
            )


def write_ranking(folder, name, features, actions=ACTIONS, **settings):
    """Retrieval as its rule makes it."""
    chosen = RetrievalSettings(ks=(1,), **settings)
    sequences = action_sequences(actions, [features], chosen.target_fps, chosen.target_fps_slack)
    ids = [action.action for action in actions]
    result = rank_actions(sequences, ids, ids, chosen)
    provenance = origin(
        "retrieve_actions",
        settings={"settings": json.loads(chosen.model_dump_json())},
        made_by={"input": [["features", [str(features)]]]},
    )
    (folder / "retrieval").mkdir(exist_ok=True)
    write_retrieval(folder / f"retrieval/{name}.h5", provenance, result, [])
    return result


def write_recognition(path, probabilities, is_empty=(False, False), names=CLASSES):
    """What a head says of the two test actions in R trials, (R, 2, 2)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    num = len(probabilities)
    result = RecognitionResult(
        head=path.parent.name,
        shots=None,
        probabilities=np.array(probabilities, np.float32),
        seeds=tuple(range(num)),
        train_ids=(("a_1", "a_2"),) * num,
        test_ids=("b_1", "b_2"),
        true_labels=np.array([0, 1]),
        class_names=tuple(names),
        is_empty_test=np.array(is_empty),
        num_empty_train=(0,) * num,
        num_val=(0,) * num,
        best_epochs=(0,) * num,
    )
    write_result(path, origin(), result)


def write_tracks_and_poses(folder):
    """A box that moves a pixel a frame, absent from frame 5; keypoints in its upper left corner and on."""
    box = np.arange(NUM, dtype=np.float32)[:, None] + np.array([0, 0, 40, 60], np.float32)
    box[5] = np.nan
    seen = np.array([at for at in range(NUM) if at != 5])
    keypoints = np.zeros((len(seen), 17, 3), np.float32)
    keypoints[..., 0] = seen[:, None] + np.arange(17)
    keypoints[..., 1] = seen[:, None] + 2 * np.arange(17)
    keypoints[..., 2] = 0.25
    keypoints[:, 0, 2] = 0.99
    for kind in ("tracks", "poses"):
        (folder / kind).mkdir(exist_ok=True)
    with ArtifactWriter(folder / "tracks/0000.h5", "tracks", origin()) as artifact:
        for name in "ab":
            artifact.add_video(
                name,
                {
                    "time_s": np.arange(NUM) / FPS,
                    "shot": np.zeros(NUM, np.int32),
                    "segment": np.zeros(NUM, np.int32),
                    "previous_frame": np.arange(NUM, dtype=np.int32) - 1,
                    "box_px": box,
                    "origin": np.ones(NUM, np.uint8),
                    "score": np.ones(NUM, np.float32),
                },
            )
    with ArtifactWriter(folder / "poses/0000.h5", "poses", origin()) as artifact:
        for name in "ab":
            artifact.add_video(name, {"frame": seen.astype(np.int32), "keypoints_px": keypoints})


def site_of(folder, out, there=None, **settings):
    """A site of what there is."""
    found = [
        str(path.relative_to(folder))
        for pattern in (
            "*/*.h5",
            "recognition/*/*/*.h5",
            "late_fusion/*/*/*.h5",
            "features/*/*/*.h5",
            "students/*",
        )
        for path in folder.glob(pattern)
    ]
    for name in ("data", "figures", "clips", "pages"):
        (out / name).mkdir(parents=True, exist_ok=True)
    sources = SiteSources("A <sport>", "made", folder, found if there is None else there, settings)
    return Site(sources, out)


def shard(site, name):
    """The data of a shard, which names itself."""
    text = (site.out / f"data/{name}.js").read_text()
    start = f"vpd.shard({json.dumps(name)},"
    assert text.startswith(start)
    assert text.endswith(");\n")
    return json.loads(text[len(start) : -3])
