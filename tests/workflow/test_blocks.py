"""Searches cut into blocks: the results of one job, and a block that is lost is made alone; no network runs."""

import h5py
import pytest

from tests.faults.conftest import write_keypoints
from vpdlib.recognition.results import read_result
from vpdlib.retrieval.blocks import read_block

pytestmark = pytest.mark.workflow
TARGETS = ("results/mine/retrieval/joints2d.h5", "results/mine/recognition/joints2d/nns/full.h5")


def blocks_of(of_retrieval, of_recognition):
    """Settings that cut both searches."""
    recognition = {"nns": {"num_blocks": of_recognition}}
    return {"retrieval": {"num_blocks": of_retrieval}, "recognition": recognition}


def contents(path):
    """Every dataset of an artifact."""
    found = {}

    def visit(name, item):
        if isinstance(item, h5py.Dataset):
            found[name] = (str(item.dtype), item.shape, item[()].tobytes())

    with h5py.File(path) as file:
        file.visititems(visit)
    assert found
    return found


def test_a_search_in_blocks_is_the_search_and_a_lost_block_is_made_alone(make_workflow, tmp_path):
    workflow = make_workflow(tmp_path)
    results = workflow.folder / "results/mine"
    write_keypoints(workflow)
    done = workflow.run(*TARGETS)
    assert done.returncode == 0, done.stdout[-4000:]
    assert not (results / "retrieval_blocks").exists()
    one = [contents(workflow.folder / path) for path in TARGETS]

    # Four test actions: of recognition's five blocks one is empty.
    write_keypoints(workflow, **blocks_of(2, 5))
    done = workflow.run(*TARGETS)
    assert done.returncode == 0, done.stdout[-4000:]
    assert [contents(workflow.folder / path) for path in TARGETS] == one
    blocks = sorted(results.glob("re*_blocks/**/*.h5"))
    sizes = [
        len(read_result(path).test_ids if "full" in path.parts else read_block(path).query_ids)
        for path in blocks
    ]
    assert sizes == [1, 1, 1, 1, 0, 4, 4]

    # As of a run that was killed: neither result, and of each search one block is not there.
    for path in (*(workflow.folder / path for path in TARGETS), blocks[2], blocks[6]):
        path.unlink()
    kept = [path for path in blocks if path.exists()]
    before = [path.stat().st_mtime_ns for path in kept]
    done = workflow.run(*TARGETS)
    assert done.returncode == 0, done.stdout[-4000:]
    assert [path.stat().st_mtime_ns for path in kept] == before
    assert [contents(workflow.folder / path) for path in TARGETS] == one

    done = workflow.run("--dry-run", "results/mine/retrieval_blocks/joints2d/0002.h5")
    assert done.returncode != 0
    assert "there is no block 0002, since retrieval.num_blocks is 2" in done.stdout
