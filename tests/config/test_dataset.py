"""The settings of a dataset."""

import pytest

from vpdlib.config.base import ConfigError, validate
from vpdlib.config.dataset import DatasetSettings
from vpdlib.students.settings import find_student

SMALL = {"title": "Mine", "adapter": {"kind": "folder", "videos": "v"}}


def settings(**changes):
    return validate(DatasetSettings, {**SMALL, **changes}, "mine.yaml")


def test_little_has_to_be_given():
    mine = settings()
    assert mine.methods == ("joints2d", "vpd2d")
    assert mine.heads == ("bigru", "nns")
    assert (mine.num_shards, mine.trials, mine.seed) == (8, 5, 0)
    assert list(mine.students) == ["vpd2d"]
    assert mine.adapter.labels is None
    assert mine.truth is None
    assert mine.classes is None


def test_what_is_laid_down_survives_a_round_trip_through_plain_values():
    mine = settings(students={"a": {"epochs": 3}}, methods=["a"], truth={"joints": "j.npz"})
    assert validate(DatasetSettings, mine.model_dump(mode="json"), "again") == mine


@pytest.mark.parametrize("section", ["people", "tracking", "crops", "flow", "poses", "weak_labels"])
def test_an_unknown_setting_of_a_stage_is_refused_with_the_known_ones(section):
    with pytest.raises(ConfigError, match=rf"{section}\.spede: unknown setting.*Known here: \w+"):
        settings(**{section: {"spede": 1}})


SUPPLIED = {"features": {"net": "n.npz", "net2": "m.npz"}}
#: No videos: keypoints stand in for them.
POSES = {"adapter": {"kind": "poses", "keypoints": "k.npz"}, "methods": ["joints2d"]}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "people"),
        ({"supplied": {"boxes": "b.csv"}}, "boxes"),
        (POSES, "keypoints"),
        ({"supplied": SUPPLIED, "methods": ["net"]}, None),
        ({"supplied": SUPPLIED, "methods": ["netconcat"], "concat": {"netconcat": ["net", "net2"]}}, None),
        ({"supplied": SUPPLIED, "methods": ["netconcat"], "concat": {"netconcat": ["net", "vpd2d"]}}, "people"),
        ({"supplied": SUPPLIED, "methods": ["net"], "retrieval": {"methods": ["joints2d"]}}, "people"),
        ({"supplied": SUPPLIED, "methods": ["net"], "ensembles": {"ensemble": ["net", "joints2d"]}}, "people"),
        ({"supplied": SUPPLIED, "methods": ["net"], "baselines": {"st": {"kind": "stgcn"}}}, "people"),
        (
            {
                "supplied": SUPPLIED,
                "methods": ["net"],
                "baselines": {"t": {"kind": "tsn", "input": "frame", "weights": None}},
            },
            None,
        ),
    ],
)  # fmt: skip
def test_problems_look_at_tracks_where_a_table_needs_some(changes, expected):
    """Or asking for a table of supplied descriptors would detect people."""
    assert settings(**changes).tracks_from == expected


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"spede": 1}, "spede"),
        ({"adapter": {"kind": "folder", "videos": "v", "spede": 1}}, "adapter.folder.spede"),
        ({"adapter": {"kind": "demo", "spede": 1}}, "adapter.demo.spede"),
        ({"students": {"vpd2d": {"spede": 1}}}, "students.vpd2d.spede"),
        (
            {"students": {"vpd2d": {"augmentation": {"spede": 1}}}},
            "students.vpd2d.augmentation.spede",
        ),
        ({"recognition": {"bigru": {"spede": 1}}}, "recognition.bigru.spede"),
        ({"recognition": {"nns": {"spede": 1}}}, "recognition.nns.spede"),
        ({"truth": {"spede": 1}}, "truth.spede"),
    ],
)
def test_an_unknown_setting_anywhere_is_refused_with_the_known_ones(changes, place):
    with pytest.raises(ConfigError) as caught:
        settings(**changes)
    (line,) = str(caught.value).splitlines()[1:]
    assert line.startswith(f"  {place}: unknown setting; ")
    assert len(line.split("Known here: ")[1]) > 5


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"title": None}, "title: .*valid string"),
        ({"adapter": {"kind": "web"}}, "adapter: .*'folder', 'demo'"),
        ({"adapter": {"kind": "folder"}}, "adapter.folder.videos: Field required"),
        ({"num_shards": 0}, "num_shards: .*greater than or equal to 1"),
        ({"num_shards": 5000}, "num_shards: .*less than or equal to 4096"),
        ({"trials": 2.5}, "trials: .*valid integer"),
        ({"heads": ["lstm"]}, "heads.0: .*head 'lstm' is unknown: one of nns, cnn, bilstm"),
        ({"heads": []}, "heads: .*at least 1 item"),
        ({"heads": ["nns", "nns"]}, "heads: name each once"),
        ({"classes": ["a", "a"]}, "classes: name each once"),
        ({"classes": ["a b"]}, "classes.0: .*pattern"),
        ({"classes": [True, False]}, "classes.0: .*valid string"),
        ({"students": {"a;b": {}}}, "students.a;b"),
        ({"students": {"joints2d": {}}, "methods": ["joints2d"]}, "rename it"),
        ({"methods": ["vpd2d", "vpd2d"]}, "methods: name each once"),
        (
            {"methods": ["vpd3d"]},
            r"methods: 'vpd3d' is no feature set; known: \['joints2d', 'vpd2d'\], and the variants of students",
        ),
        ({"students": {"mine": {}}}, "methods: 'vpd2d' is no feature set"),
        ({"shots": [0]}, "shots: give each number of examples once, 1 or more"),
        ({"shots": [4, 4]}, "shots: give each number of examples once"),
        ({"paper_column": "Golf"}, "paper_column: .*'FSJump6'"),
        ({"truth": {"joint_names": "coco"}}, "truth.joint_names: .*'joints13' or 'jhmdb15'"),
    ],
)
def test_a_wrong_value_is_refused(changes, message):
    with pytest.raises(ConfigError, match=message) as caught:
        settings(**changes)
    assert "mine.yaml" in str(caught.value)


@pytest.mark.parametrize(
    ("adapter", "message"),
    [
        ({"group_pattern": "("}, "group_pattern: .*not a regular expression"),
        ({"group_pattern": "^([^_]+)_"}, "group_pattern: .*no group named 'group'"),
        ({"test_fraction": -0.1}, "test_fraction"),
        ({"test_fraction": 1}, "test_fraction"),
        ({"max_videos_per_class": 0}, "max_videos_per_class"),
        ({"videos": None}, "videos"),
    ],
)
def test_a_wrong_folder_adapter_is_refused(adapter, message):
    with pytest.raises(ConfigError, match=rf"adapter\.folder\.{message}"):
        settings(adapter={"kind": "folder", "videos": "v", **adapter})


@pytest.mark.parametrize("adapter", [{"width": 481}, {"height": 32}, {"num_test_videos": 0}])
def test_a_wrong_demo_adapter_is_refused(adapter):
    with pytest.raises(ConfigError, match=rf"adapter\.demo\.{next(iter(adapter))}"):
        settings(adapter={"kind": "demo", **adapter})


def test_the_demo_adapter_is_what_the_demo_takes():
    from vpdlib.datasets.adapters.demo import DemoAdapter
    from vpdlib.demo.plan import DemoSettings

    assert DemoSettings(**DemoAdapter().model_dump(exclude={"kind"})) == DemoSettings()


VPD = {
    "vipe": {"vipe": {"model": "mocap"}},
    "students": {"vpd2d": {"epochs": 9}, "vpdvi": {"teacher": "vipe"}},
    "concat": {"both": ["vpd2d", "vpdvi"]},
    "fused": {"mended": {"student": "vpd2d_rgb"}},
    "supplied": {"features": {"r3d": "r3d.npz"}},
    "shots": [4, 16],
}


def test_every_feature_set_has_a_kind():
    mine = settings(**VPD, methods=["joints2d", "vipe", "vpdvi_rgb", "both", "mended", "r3d"])
    assert find_student(mine.students, "vpd2d_v25").video_share == 0.25
    kinds = {name: mine.kind_of(name) for name in (*mine.methods, "vpd2d_t30", "vpd3d")}
    assert list(kinds.values()) == [
        "joints", "vipe", "student", "concat", "fused", "supplied", "student", None
    ]  # fmt: skip
    assert mine.feature_files("both")[:2] == [
        "features/concat/both/0000.h5", "features/concat/both/0001.h5"
    ]  # fmt: skip
    with pytest.raises(ValueError, match="'vpd3d' is no feature set"):
        mine.feature_files("vpd3d")
    assert (mine.teacher_of("vpd2d"), mine.teacher_of("vpdvi_rgb")) == ("joints2d", "vipe")


def test_the_rows_of_table_2_follow_from_the_students():
    mine = settings(**VPD, methods=["vpd2d", "vpdvi"])
    assert mine.few_shot == 16
    assert mine.ablations == [
        *(("a", name) for name in ("joints2d", "vpd2d_rgb", "vpd2d_rgbflow", "vpd2d")),
        *(("a", name) for name in ("vipe", "vpdvi_rgb", "vpdvi_rgbflow", "vpdvi")),
        ("b", "vpdvi_actions"),
        ("c", "vpdvi_corpus"),
    ]
    assert [name for _, name in settings().ablations][-2:] == ["vpd2d_actions", "vpd2d_corpus"]
    assert settings(shots=[2, 4]).few_shot == 4
    # What is not among the methods is not asked for: its teacher may not be there.
    assert {name for _, name in settings(**VPD).ablations} & {"vipe", "vpdvi"} == set()
    assert settings(methods=["joints2d"]).ablations == []


def test_an_ablation_that_changes_nothing_is_not_trained_again():
    mine = settings(students={"vpd2d": {"distil_on": "corpus"}}, weak_labels={"min_score": 0.4})
    names = ("vpd2d", "vpd2d_corpus", "vpd2d_actions", "vpd2d_t40", "vpd2d_t30", "joints2d")
    assert [mine.trained_as(name) for name in names] == [
        "vpd2d", "vpd2d", "vpd2d_actions", "vpd2d", "vpd2d_t30", "joints2d"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("adapter", "has_events"),
    [
        ({"kind": "folder", "videos": "v"}, False),
        ({"kind": "folder", "videos": "v", "labels": "l.csv"}, True),
        ({"kind": "poses", "keypoints": "k.npz"}, False),
        ({"kind": "demo"}, True),
        ({"kind": "fsjump6"}, True),
        ({"kind": "diving48"}, False),
    ],
)
def test_detection_needs_actions_in_longer_videos(adapter, has_events):
    assert settings(adapter=adapter).adapter.has_events == has_events


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"vipe": {"vpd2d": {"model": "mocap"}}}, "vipe: 'vpd2d' is under `students` too"),
        ({"vipe": {"pose2d": {"model": "mocap"}}}, "pose2d stands for the teacher's own joints"),
        ({"vipe": {"random": {"model": "mocap"}}}, "random stands for a row of Table 1"),
        ({"vipe": {"vpd2d_rgb": {"model": "mocap"}}}, "what a variant of a student is called"),
        ({"ensembles": {"vpd2d": ["vpd2d", "joints2d"]}}, "'vpd2d' is under `students` too"),
        ({"concat": {"concat": ["vpd2d"]}}, "two feature sets or more"),
        ({"concat": {"concat": ["vpd2d", "vpd3d"]}}, "'vpd3d' is no feature set"),
        ({"ensembles": {"ensemble": ["vpd2d", "vpd2d"]}}, "two feature sets or more, each once"),
        ({"ensembles": {"ensemble": ["vpd2d"]}}, "two feature sets or more, each once"),
        ({"ensembles": {"ensemble": ["vpd2d", "vpd3d"]}}, "'vpd3d' is no feature set"),
        ({"ensembles": {"ensemble": ["vpd2d", "joints2d"]}, "heads": ["nns"]}, "no network"),
        (
            {"concat": {"a": ["vpd2d", "joints2d"]}, "supplied": {"features": {"a": "a.npz"}}},
            "supplied.features: 'a' is under `concat` too",
        ),
        ({"students": {"vpd2d": {"teacher": "vipe"}}}, "'vipe' is neither pose2d nor under `vipe`"),
        ({**VPD, "fused": {"fused": {"student": "vpdvi"}}}, "'vpdvi' is no student of pose2d"),
        ({"thresholds": [0.305]}, "whole hundredths"),
        ({"thresholds": [0.3, 0.3]}, "thresholds: name each once"),
        ({"vipe": {"vipe_paper": {"model": "paper"}}}, "tables have columns that end so"),
        (
            {
                "fused": {"fused": {"student": "vpd2d"}},
                "supplied": {"features": {"vpd2d": "f.npz"}},
            },
            "'vpd2d' is no student of pose2d",
        ),
        ({"retrieval": {"methods": ["vpd3d"]}}, r"retrieval.methods: 'vpd3d' is no feature set"),
        (
            {"adapter": {"kind": "folder", "videos": "v", "keep_unlabelled": True}},
            "keep_unlabelled: every folder is a class",
        ),
        (
            {"adapter": {"kind": "folder", "videos": "v", "labels": "l", "keep_unlabelled": True}},
            "keep_unlabelled is for labels from folders",
        ),
        (
            {"adapter": {"kind": "folder", "videos": "v"}, "labels": {"tier": "jumps"}},
            r"labels: .*adapter\.labels names none",
        ),
        (
            {"adapter": {"kind": "folder", "videos": "v", "label_format": "elan"}},
            "label_format: `labels` names no file",
        ),
        ({"adapter": {"kind": "folder", "videos": "v", "labels": []}}, "labels: .*no file"),
        (
            {
                "adapter": {"kind": "folder", "videos": "v", "labels": "l"},
                "labels": {"point_window_s": [0, 0]},
            },
            r"labels\.point_window_s: no window",
        ),
        ({"ablation_shots": 5}, "ablation_shots: 5 is none of shots"),
    ],
)
def test_feature_sets_that_do_not_fit_are_refused(changes, message):
    with pytest.raises(ConfigError, match=message):
        settings(**changes)


@pytest.mark.parametrize("where", ["method", "methods"])
def test_what_finds_actions_must_be_a_feature_set_or_a_late_fusion(where):
    def found_by(name, **more):
        return settings(finding={where: name if where == "method" else [name]}, **more)

    with pytest.raises(ConfigError, match=rf"finding\.{where}.*vpd9d"):
        found_by("vpd9d")
    both = {"both": ["vpd2d", "joints2d"]}
    assert found_by("both", ensembles=both).parts_of("both") == ("vpd2d", "joints2d")
    assert found_by("joints2d").parts_of("joints2d") == ("joints2d",)


def test_actions_are_found_by_the_first_late_fusion_or_student_or_method():
    both = {"both": ["vpd2d", "joints2d"]}
    assert settings(ensembles=both).found_by == "both"
    assert settings().found_by == "vpd2d"
    assert settings(methods=["joints2d"]).found_by == "joints2d"
    assert settings(ensembles=both, finding={"method": "joints2d"}).found_by == "joints2d"


def test_all_methods_and_late_fusions_are_compared_unless_some_are_named():
    both = {"both": ["vpd2d", "joints2d"]}
    assert settings(ensembles=both).finders == ("joints2d", "vpd2d", "both")
    assert settings(finding={"methods": ["vpd2d"]}).finders == ("vpd2d",)
