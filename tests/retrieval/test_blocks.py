"""Blocks of queries, put together, against one search."""

from dataclasses import replace

import numpy as np
import pytest

from vpdlib.artifacts import ArtifactError, Provenance
from vpdlib.retrieval.blocks import join_blocks, read_block, write_block
from vpdlib.retrieval.search import rank_actions
from vpdlib.retrieval.settings import RetrievalSettings

ORIGIN = Provenance("retrieve_block", "c", "d", "i")


def actions(num, seed=0):
    rng = np.random.default_rng(seed)
    found = {
        f"a{i:03d}": rng.normal(size=(rng.integers(1, 14), 2, 4)).astype(np.float32)
        for i in rng.permutation(num)
    }
    # Some without frames, and two that are as near to every other.
    for name in ("a003", "a007"):
        found[name] = np.zeros((0, 2, 4), np.float32)
    found["a011"] = found["a010"]
    return found


def assert_equal(found, expected):
    for name in ("query_ids", "corpus_ids", "top_k", "num_empty_queries", "num_empty_corpus"):
        assert getattr(found, name) == getattr(expected, name), name
    for name in ("indices", "distances"):
        ours, wanted = getattr(found, name), getattr(expected, name)
        assert (ours.dtype, ours.shape) == (wanted.dtype, wanted.shape)
        np.testing.assert_array_equal(ours, wanted)


# Lists of 2 of 100 are searched with bounds, the others by every pair; all are queries, or some, of which a block's
# may all be without frames.
@pytest.mark.parametrize(("num", "top_k"), [(100, 2), (30, 5), (30, None)])
@pytest.mark.parametrize("queries", ["all", "some"])
@pytest.mark.parametrize("num_blocks", [1, 2, 3, 40])
def test_blocks_are_what_one_search_gives(tmp_path, num, top_k, queries, num_blocks):
    sequences = actions(num)
    corpus = list(sequences)
    wanted = corpus if queries == "all" else sorted({*corpus[::4], "a003"})
    settings = RetrievalSettings(top_k=top_k, ks=(1,))
    whole = rank_actions(sequences, wanted, corpus, settings)
    blocks = []
    for block in range(num_blocks):
        part = rank_actions(sequences, wanted[block::num_blocks], corpus, settings)
        write_block(tmp_path / f"{block}.h5", ORIGIN, part)
        blocks.append(read_block(tmp_path / f"{block}.h5"))
        assert_equal(blocks[-1], part)
    assert_equal(join_blocks(blocks[::-1], wanted), whole)


def test_what_does_not_fit_together_is_refused():
    sequences = actions(12)
    ids = list(sequences)
    settings = RetrievalSettings(top_k=3, ks=(1,))
    first, second = (rank_actions(sequences, part, ids, settings) for part in (ids[:5], ids[5:]))
    for blocks in ([first], [first, first], [first, second, first]):
        with pytest.raises(ValueError, match="and 12 are asked for: remove the folder"):
            join_blocks(blocks, ids)
    for other in (replace(second, top_k=4), replace(second, corpus_ids=second.corpus_ids[1:])):
        with pytest.raises(ValueError, match="different corpora, or their lists of different"):
            join_blocks([first, other], ids)


def test_a_block_that_is_missing_names_its_rule(tmp_path):
    path = tmp_path / "results/mine/retrieval_blocks/vpd2d/0001.h5"
    with pytest.raises(ArtifactError, match=r"0001.h5 does not exist.*retrieve_block"):
        read_block(path)
