"""Crops, flow and weak labels of several shards as one store."""

import itertools
import pickle

import numpy as np
import pytest

from tests.still_tracks import still_tracks
from vpdlib.artifacts import ArtifactError, ArtifactWriter, Provenance
from vpdlib.datasets.tables import ActionRow, VideoRow
from vpdlib.students import corpus as corpus_module
from vpdlib.students.corpus import (
    FrameRef,
    ShardFrames,
    collect_corpus,
    fraction_of_videos,
    open_frames,
    score_weights,
    visible_segments,
)
from vpdlib.students.frames import ArrayFrames, LazyFrames

SIDE, DIM = 8, 26
#: Per shard the videos with the frames that have a crop; one video has none.
SHARDS = [{"a": list(range(0, 40)), "-b": [3, 4, 9]}, {"c": [0, 2, 4, 6, 8, 30], "empty": []}]
FPS = 25.0


def write(path, kind, videos):
    with ArtifactWriter(path, kind, Provenance("r", "c", "d", "i")) as artifact:
        artifact.set_attributes(crop_size=SIDE)
        for name, datasets in videos.items():
            artifact.add_video(name, datasets)
    return path


@pytest.fixture
def data(tmp_path):
    """Paths of the artifacts by kind, and their content by kind and video."""
    rng = np.random.default_rng(0)
    paths = {kind: [] for kind in ("crops", "flow", "weak_labels", "tracks")}
    content = {}
    for shard, videos in enumerate(SHARDS):
        by_kind = {kind: {} for kind in paths}
        for name, frames in videos.items():
            num, frame = len(frames), np.array(frames, np.int32)
            crop = rng.integers(0, 256, (num, SIDE, SIDE, 3), np.uint8)
            by_kind["crops"][name] = {
                "frame": frame,
                "previous_frame": np.maximum(frame - 1, 0),
                "rect_px": np.zeros((num, 4), np.int32),
                "crop": crop,
                "previous": crop,
            }
            flow = rng.integers(0, 256, (num, SIDE, SIDE, 2), np.uint8)
            by_kind["flow"][name] = {"frame": frame, "flow": flow}
            by_kind["weak_labels"][name] = {
                "frame": frame,
                "pose_norm": rng.normal(size=(num, 2, DIM)).astype(np.float32),
                "motion_norm": rng.normal(size=(num, 2, DIM)).astype(np.float32),
                "score": rng.random(num).astype(np.float32),
                "kept": rng.random(num) < 0.7,
            }
            by_kind["tracks"][name] = {
                **still_tracks(np.arange(50) / FPS),
                "previous_frame": np.zeros(50, np.int32),
            }
        for kind, group in by_kind.items():
            paths[kind].append(write(tmp_path / f"{kind}_{shard}.h5", kind, group))
            content[kind] = {**content.get(kind, {}), **group}
    return paths, content


def all_refs():
    return [
        FrameRef(shard, name, row)
        for shard, videos in enumerate(SHARDS)
        for name, frames in videos.items()
        for row in range(len(frames))
    ]


def expected_rows(content, refs, indices):
    rgb = [content["crops"][refs[i].video_id]["crop"][refs[i].row] for i in indices]
    flow = [content["flow"][refs[i].video_id]["flow"][refs[i].row] for i in indices]
    return np.stack(rgb), np.stack(flow)


@pytest.mark.parametrize("shuffled", [False, True])
def test_load_gives_the_asked_rows_in_any_order_with_repetition(data, shuffled):
    paths, content = data
    refs = all_refs()
    rng = np.random.default_rng(1)
    if shuffled:
        refs = [refs[i] for i in rng.permutation(len(refs))]
    store = ShardFrames(paths["crops"], {"flow": paths["flow"]}, refs)
    assert len(store) == len(refs) == 49
    batches = [np.arange(49), np.arange(49)[::-1], np.array([5, 5, 5]), np.array([48, 0, 48])]
    # Dense and sparse rows are read in two ways.
    batches += [rng.integers(0, 49, size) for size in (1, 2, 3, 7, 50, 200)]
    for indices in batches:
        rgb, mask, others = store.load(indices)
        expected_rgb, expected_flow = expected_rows(content, refs, indices)
        np.testing.assert_array_equal(rgb, expected_rgb)
        np.testing.assert_array_equal(others["flow"], expected_flow)
        assert mask is None
        assert rgb.dtype == others["flow"].dtype == np.uint8
    with pytest.raises(ValueError, match="no frames"):
        store.load(np.array([], int))
    store.close()


def test_an_rgb_student_reads_no_flow(data):
    paths, content = data
    store = ShardFrames(paths["crops"], {}, all_refs())
    batch = store.load(np.array([7, 1]))
    np.testing.assert_array_equal(batch.rgb, expected_rows(content, all_refs(), [7, 1])[0])
    assert not batch.others


@pytest.mark.parametrize("in_memory", [True, False])
@pytest.mark.parametrize("with_flow", [True, False])
def test_open_frames_in_memory_or_lazily(data, monkeypatch, in_memory, with_flow):
    paths, content = data
    refs = all_refs()[::2]
    monkeypatch.setattr(corpus_module, "IN_MEMORY_BYTES", 1 << 30 if in_memory else 10)
    frames = open_frames(paths["crops"], {"flow": paths["flow"]} if with_flow else {}, refs)
    assert isinstance(frames, ArrayFrames if in_memory else LazyFrames)
    assert len(frames) == len(refs)
    indices = np.array([3, 20, 3, 0])
    for store in [frames] if in_memory else [frames, pickle.loads(pickle.dumps(frames))]:
        batch = store.load(indices)
        expected_rgb, expected_flow = expected_rows(content, refs, indices)
        np.testing.assert_array_equal(batch.rgb, expected_rgb)
        assert batch.others.keys() == ({"flow"} if with_flow else set())
        if with_flow:
            np.testing.assert_array_equal(batch.others["flow"], expected_flow)


def test_no_frames_are_refused(data):
    paths, _ = data
    with pytest.raises(ValueError, match="no frames were asked for"):
        open_frames(paths["crops"], {"flow": paths["flow"]}, [])


def test_flow_of_other_frames_is_refused(data, tmp_path):
    paths, content = data
    changed = {name: dict(content["flow"][name]) for name in SHARDS[0]}
    changed["-b"]["frame"] = changed["-b"]["frame"] + 1
    other = write(tmp_path / "other.h5", "flow", changed)
    with pytest.raises(ValueError, match="frames of video -b differ; rerun") as caught:
        open_frames(paths["crops"], {"flow": [other, paths["flow"][1]]}, all_refs())
    assert str(other) in str(caught.value)
    # A video that is not asked for may differ.
    refs = [ref for ref in all_refs() if ref.video_id != "-b"]
    open_frames(paths["crops"], {"flow": [other, paths["flow"][1]]}, refs)


def test_a_missing_artifact_is_refused(data, tmp_path):
    paths, _ = data
    with pytest.raises(ArtifactError, match="does not exist"):
        ShardFrames([*paths["crops"][:1], tmp_path / "none.h5"], {}, all_refs())


def collect(paths, segments_s):
    return collect_corpus(paths["crops"], paths["weak_labels"], paths["tracks"], segments_s)


def naive_corpus(content, segments_s):
    """One frame after the other."""
    rows = []
    for shard, videos in enumerate(SHARDS):
        for name, frames in videos.items():
            labels = content["weak_labels"][name]
            for row, frame in enumerate(frames):
                inside = any(start <= frame / FPS < end for start, end in segments_s.get(name, []))
                if inside and labels["kept"][row]:
                    rows.append((FrameRef(shard, name, row), labels["pose_norm"][row], labels, row))
    return rows


@pytest.mark.parametrize(
    "segments_s",
    [
        {"a": [(0.0, np.inf)], "-b": [(0.0, np.inf)], "c": [(0.0, np.inf)], "empty": [(0, np.inf)]},
        {"a": [(0.0, np.inf)]},
        {"a": [(0.2, 0.6), (0.4, 1.0)], "c": [(0.0, 0.08), (0.32, 1.2)], "unknown": [(0, 1)]},
        {"a": [(1.0, 1.6)], "-b": []},
    ],
)
def test_the_corpus_holds_kept_frames_of_the_segments(data, segments_s):
    paths, content = data
    corpus = collect(paths, segments_s)
    expected = naive_corpus(content, segments_s)
    assert corpus.refs == [ref for ref, *_ in expected]
    np.testing.assert_array_equal(corpus.pose, np.stack([pose for _, pose, *_ in expected]))
    motion = np.stack([labels["motion_norm"][row] for *_, labels, row in expected])
    np.testing.assert_array_equal(corpus.motion, motion)
    assert corpus.video.tolist() == [ref.video_id for ref, *_ in expected]
    # Rows of the store and rows of the labels are the same frames.
    frames = open_frames(paths["crops"], {"flow": paths["flow"]}, corpus.refs)
    np.testing.assert_array_equal(
        frames.rgb, expected_rows(content, corpus.refs, range(len(corpus.refs)))[0]
    )


def test_a_corpus_without_frames_is_refused_with_the_remedy(data):
    paths, _ = data
    for segments_s in ({"empty": [(0, np.inf)]}, {"a": [(5.0, 6.0)]}):
        with pytest.raises(ValueError, match=r"no frame has a weak label.*weak_labels.min_score"):
            collect(paths, segments_s)


def test_where_all_videos_are_for_testing_it_is_said_and_what_helps(data):
    paths, _ = data
    videos = [
        VideoRow(name, f"{name}.mp4", 0, 25.0, 64, 64, 100, 4.0, "test", "g") for name in ("a", "c")
    ]
    for distil_on in ("train", "actions"):
        with pytest.raises(
            ValueError, match=r"every one is of the test split.*distil_on: corpus"
        ) as e:
            collect(paths, fraction_of_videos(visible_segments(videos, [], distil_on), 0.5))
        assert "min_score" not in str(e.value)
    assert collect(paths, visible_segments(videos, [], "corpus")).refs


def test_labels_of_other_frames_are_refused(data, tmp_path):
    paths, content = data
    changed = {name: dict(content["weak_labels"][name]) for name in SHARDS[1]}
    changed["c"]["frame"] = changed["c"]["frame"] + 1
    labels = [paths["weak_labels"][0], write(tmp_path / "other.h5", "weak_labels", changed)]
    with pytest.raises(ValueError, match="frames of video c differ; rerun crop_athlete and estim"):
        collect({**paths, "weak_labels": labels}, {"a": [(0, np.inf)], "c": [(0, np.inf)]})
    with pytest.raises(ValueError, match=r"shorter|longer"):
        collect({**paths, "tracks": paths["tracks"][:1]}, {"a": [(0, np.inf)]})


def test_another_threshold_takes_scores_and_finite_motion(data):
    paths, content = data
    segments = {"a": [(0.0, np.inf)]}
    corpus = collect_corpus(
        paths["crops"], paths["weak_labels"], paths["tracks"], segments, min_score=0.6
    )
    labels = content["weak_labels"]["a"]
    assert [ref.row for ref in corpus.refs] == np.flatnonzero(labels["score"] >= 0.6).tolist()
    np.testing.assert_array_equal(corpus.score, labels["score"][labels["score"] >= 0.6])


def test_keypoints_come_with_those_of_the_frame_before(data, tmp_path):
    paths, content = data
    rng = np.random.default_rng(1)
    poses = []
    for shard, videos in enumerate(SHARDS):
        by_video = {
            name: {
                "frame": np.array(frames, np.int32),
                "keypoints_px": rng.normal(size=(len(frames), 17, 3)).astype(np.float32),
            }
            for name, frames in videos.items()
        }
        content.setdefault("poses", {}).update(by_video)
        poses.append(write(tmp_path / f"poses_{shard}.h5", "poses", by_video))
    segments = {"a": [(0.0, np.inf)], "-b": [(0.0, np.inf)]}
    corpus = collect_corpus(
        paths["crops"], paths["weak_labels"], paths["tracks"], segments, poses_paths=poses
    )
    # The tracks say that every frame's previous one is frame 0, which -b does not have.
    for row, ref in enumerate(corpus.refs):
        all_keypoints = content["poses"][ref.video_id]["keypoints_px"]
        np.testing.assert_array_equal(corpus.keypoints_px[row], all_keypoints[ref.row])
        before = corpus.previous_keypoints_px[row]
        if ref.video_id == "a":
            np.testing.assert_array_equal(before, all_keypoints[0])
        else:
            assert np.isnan(before).all()
    assert {ref.video_id for ref in corpus.refs} == {"a", "-b"}


def test_what_a_student_may_see_of_the_splits():
    videos = [
        VideoRow(name, f"{name}.mp4", 0, 25.0, 64, 64, 100, 4.0, split, "g")
        for name, split in (("a", "train"), ("b", "val"), ("c", "test"))
    ]
    actions = [
        ActionRow(f"{video}_{start:g}", video, start, start + 1.0, "jump", "train", "g", "")
        for video, start in (("a", 1.0), ("a", 3.0), ("c", 2.0))
    ]
    whole = [(0.0, np.inf)]
    assert visible_segments(videos, actions, "corpus") == {"a": whole, "b": whole, "c": whole}
    assert visible_segments(videos, actions, "train") == {"a": whole, "b": whole}
    assert visible_segments(videos, actions, "actions") == {"a": [(1.0, 2.0), (3.0, 4.0)]}


def test_a_smaller_share_of_the_videos_is_part_of_a_larger():
    segments = {f"video_{i}": [(0.0, float(i))] for i in range(40)}
    chosen = [fraction_of_videos(segments, fraction) for fraction in (0.001, 0.1, 0.5, 1.0)]
    assert [len(videos) for videos in chosen] == [1, 4, 20, 40]
    for small, large in itertools.pairwise(chosen):
        assert small.items() < large.items()
    assert fraction_of_videos(segments, 0.1) == chosen[1]
    assert set(chosen[1]) != {f"video_{i}" for i in range(4)}


def test_sure_frames_weigh_more_and_the_loss_stays_as_large():
    score = np.array([0.2, 0.4, 0.8], np.float32)
    weight = score_weights(score, 2.0)
    np.testing.assert_allclose(weight / weight[0], [1.0, 4.0, 16.0], rtol=1e-5)
    assert weight.mean() == pytest.approx(1.0)
    assert score_weights(score, 0.0) is None


def test_a_video_that_broke_before_it_was_cropped_is_passed_over(data, tmp_path):
    paths, content = data
    crops = tmp_path / "crops.h5"
    with ArtifactWriter(crops, "crops", Provenance("r", "c", "d", "i")) as artifact:
        artifact.set_attributes(crop_size=SIDE)
        for name in SHARDS[1]:
            rows = {key: value[:0] for key, value in content["crops"][name].items()}
            artifact.add_video(name, rows, {"broken": f"{name}.mp4: no such file"})
    changed = {**paths, "crops": [paths["crops"][0], crops]}
    everything = {name: [(0.0, np.inf)] for videos in SHARDS for name in videos}
    found = collect_corpus(changed["crops"], changed["weak_labels"], changed["tracks"], everything)
    assert {ref.video_id for ref in found.refs} == set(SHARDS[0])
