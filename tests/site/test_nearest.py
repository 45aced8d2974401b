"""What retrieval found near, with the frames and paths that belong to its distances."""

import numpy as np
import pytest

from tests.site.action_results import (
    ACTIONS,
    site_of,
    write_dataset,
    write_features,
    write_ranking,
)
from vpdlib.recognition.dtw import dtw_distance
from vpdlib.recognition.nns import unit_norm
from vpdlib.recognition.sequences import action_sequences
from vpdlib.site import nearest
from vpdlib.site.nearest import nearest_actions

IDS = [action.action for action in ACTIONS]


def results(folder, features="features/student/s/0000.h5", **options):
    write_dataset(folder)
    write_features(folder / features, missing=options.pop("missing", ()))
    return write_ranking(folder, "s", folder / features, **options)


def cells(steps):
    at = np.zeros(2, int)
    found = [tuple(at)]
    for step in steps:
        at += (step != "n", step != "q")
        found.append(tuple(at.tolist()))
    return found


@pytest.mark.parametrize("settings", [{}, {"normalise": False}, {"target_fps": 12.5}])
def test_lists_are_those_of_retrieval_and_paths_cost_their_distance(tmp_path, settings):
    result = results(tmp_path, **settings)
    found = nearest_actions(site_of(tmp_path, tmp_path / "out"), ACTIONS)["s"]
    assert list(found) == IDS
    sequences = action_sequences(
        ACTIONS, [tmp_path / "features/student/s/0000.h5"], settings.get("target_fps")
    )
    for query, ranked, distances in zip(IDS, result.ranked_ids, result.distances, strict=True):
        near = found[query]["found"]
        assert [IDS[place] for place, *_ in near] == list(ranked)
        np.testing.assert_allclose([one[1] for one in near], distances, rtol=1e-3)
        for place, distance, runs, steps in near:
            pair = [sequences[query], sequences[IDS[place]]]
            if settings.get("normalise", True):
                pair = [unit_norm(one) for one in pair]
            a, b = (one.reshape(len(one), -1) for one in pair)
            path = cells(steps)
            assert path[-1] == (len(a) - 1, len(b) - 1)
            assert sum(length for _, length in found[query]["frames"]) == len(a)
            assert sum(length for _, length in runs) == len(b)
            assert dtw_distance(a, b) == pytest.approx(distance, rel=1e-3)
            # What the path passes costs at least the distance; its weights are 1 or 2.
            apart = [np.linalg.norm(a[q] - b[n]) for q, n in path]
            assert sum(apart) <= distance * (len(a) + len(b)) * 1.001 <= 2.002 * sum(apart)


def test_frames_without_the_athlete_are_left_out(tmp_path):
    results(tmp_path, missing=(3, 4, 9))
    found = nearest_actions(site_of(tmp_path, tmp_path / "out"), ACTIONS)["s"]
    assert found["b_1"]["frames"] == [[0, 3], [5, 4], [10, 10]]
    assert found["a_1"]["frames"] == [[3, 20]]


def test_paths_are_bounded(tmp_path, monkeypatch):
    results(tmp_path)
    site = site_of(tmp_path, tmp_path / "out")
    monkeypatch.setattr(nearest, "NUM_PATHS", 1)
    monkeypatch.setattr(nearest, "NUM_NEAREST", 2)
    found = nearest_actions(site, ACTIONS)["s"]
    assert [[bool(one[3]) for one in found[name]["found"]] for name in IDS] == [[True, False]] * 4
    # Between actions that are not shown there is none, and no more is read.
    some = nearest_actions(site, ACTIONS[2:])["s"]
    assert some["a_1"]["frames"] == []
    assert all(one[3] is None for one in some["a_1"]["found"])
    monkeypatch.setattr(nearest, "MAX_CELLS", 399)
    found = nearest_actions(site, ACTIONS)["s"]
    assert found["b_1"]["found"][0][0] == 3 or found["b_1"]["found"][0][3] is None


def test_features_that_are_not_there_leave_the_lists(tmp_path):
    results(tmp_path)
    site = site_of(tmp_path, tmp_path / "out", there=["retrieval/s.h5"])
    found = nearest_actions(site, ACTIONS)["s"]
    assert all(one[3] is None for name in IDS for one in found[name]["found"])


def test_the_features_that_retrieval_read_are_taken(tmp_path):
    # Another tool's stand in for a student's that are still there.
    results(tmp_path, "features/supplied/s/0000.h5")
    write_features(tmp_path / "features/student/s/0000.h5", seed=5)
    found = nearest_actions(site_of(tmp_path, tmp_path / "out"), ACTIONS)["s"]
    assert found["a_1"]["found"][0][3]


def test_retrieval_of_other_features_is_refused(tmp_path):
    results(tmp_path)
    write_features(tmp_path / "features/student/s/0000.h5", seed=1)
    with pytest.raises(ValueError, match=r"retrieval/s\.h5.*--forcerun retrieve_actions"):
        nearest_actions(site_of(tmp_path, tmp_path / "out"), ACTIONS)


def test_retrieval_of_other_actions_is_refused(tmp_path):
    results(tmp_path)
    write_dataset(tmp_path, ACTIONS[:3])
    with pytest.raises(ValueError, match=r"'b_2' is not in dataset/actions\.csv"):
        nearest_actions(site_of(tmp_path, tmp_path / "out"), ACTIONS[:3])


def test_an_action_without_the_athlete_has_no_list_and_is_in_none(tmp_path):
    results(tmp_path, missing=range(20))
    found = nearest_actions(site_of(tmp_path, tmp_path / "out"), ACTIONS)["s"]
    assert found["b_1"] == {"frames": [], "found": []}
    assert all(one[0] != 2 for name in IDS for one in found[name]["found"])
