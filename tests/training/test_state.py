"""Saved states: of the same training, of another one, damaged; those that the workflow owns."""

import pytest
import torch

from vpdlib.training.state import (
    SCHEMA,
    OtherTrainingError,
    StateError,
    load_state,
    resume_or_start,
    save_state,
)


def trains(identity, calls):
    """A training that reads its saved state if there is one, as all do."""

    def train(path):
        calls.append(path.exists())
        return load_state(path, identity)["epoch"] if path.exists() else 0

    return train


def test_a_checkpoint_of_the_same_training_is_resumed(tmp_path):
    path, calls = tmp_path / "c", []
    assert resume_or_start(trains("mine", calls), path) == 0
    save_state(path, "mine", {"epoch": 3})
    assert resume_or_start(trains("mine", calls), path) == 3
    assert calls == [False, True]
    assert path.exists()


@pytest.mark.parametrize(
    "content",
    [b"", b"no saved state", {"schema": SCHEMA, "identity": "mine"}, {"schema": "other"}, [1, 2]],
)
def test_what_is_no_checkpoint_is_refused_by_name(tmp_path, content):
    path = tmp_path / "c"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        torch.save(content, path)
    with pytest.raises(StateError, match=r"/c is .+ delete it"):
        load_state(path, "mine")


def test_one_of_another_training_is_removed_and_said_so(tmp_path, read_log):
    path, calls = tmp_path / "c", []
    save_state(path, "others", {"epoch": 3})
    assert resume_or_start(trains("mine", calls), path) == 0
    assert calls == [True, False]
    assert not path.exists()
    assert f"{path} is of a training with other settings" in read_log()


def test_other_errors_leave_the_checkpoint_alone(tmp_path):
    path = tmp_path / "c"
    path.write_bytes(b"no saved state")
    with pytest.raises(ValueError, match="not a readable saved state"):
        resume_or_start(trains("mine", []), path)
    assert path.exists()

    def fails(_):
        raise ValueError("something else")

    with pytest.raises(ValueError, match="something else"):
        resume_or_start(fails, path)
    assert path.exists()
    assert issubclass(OtherTrainingError, ValueError)
