"""Rows 2, 3, 12 and 14: artifacts that are damaged, that lie about their size, and that many read at once.

That the reader itself finds truncation and flipped bytes, in artifacts made for it, is in tests/test_artifacts.py.
"""

import multiprocessing
import os
import signal
import subprocess
import sys
import time

import h5py
import numpy as np
import pytest

from tests.faults.conftest import TABLE
from tests.workflow.conftest import ROOT
from vpdlib.artifacts import ArtifactError, ArtifactWriter, Provenance, read_artifact
from vpdlib.artifacts.kinds import KINDS


@pytest.mark.faults
@pytest.mark.workflow
def test_2_truncated_artifacts_are_found_before_use_and_the_command_mends_them(again):
    results = again.folder / "results" / "mine"
    found = 0
    for fractions in ({"0000": 0.10, "0001": 0.50}, {"0000": 0.99}):
        paths = []
        for shard, fraction in fractions.items():
            path = results / "poses" / f"{shard}.h5"
            content = path.read_bytes()
            path.write_bytes(content[: int(len(content) * fraction)])
            paths.append(f"results/mine/poses/{shard}.h5")
        features = [path.replace("poses", "features/joints/joints2d") for path in paths]
        done = again.run("--keep-going", "--", *features)
        assert done.returncode != 0, done.stdout
        for path in paths:
            # Snakemake makes no two of them in the same way: one is named in the log, both in the terminal.
            command = f"snakemake --cores all --forcerun estimate_pose -- {path}"
            assert f"{path} is not a readable HDF5 file: truncated" in done.stdout
            assert "rule estimate_pose" in done.stdout
            assert command in done.stdout
            found += 1
        assert again.run("--forcerun", "estimate_pose", "--", *paths).returncode == 0
        for path in paths:
            with read_artifact(again.folder / path, "poses") as artifact:
                artifact.verify_payload()
    print(f"{found} of 3 truncations found before use")
    assert found == 3


def test_3_flipped_bytes_in_artifacts_of_a_real_run_are_found(again):
    places = []
    for path in sorted((again.folder / "results").rglob("*.h5")):
        with h5py.File(path) as file:
            kind = str(file.attrs["schema"], "utf-8")

            def visit(name, item, path=path, kind=kind):
                if isinstance(item, h5py.Dataset) and item.chunks:
                    for number in range(item.id.get_num_chunks()):
                        chunk = item.id.get_chunk_info(number)
                        places.append((path, kind, name, chunk.byte_offset, chunk.size))

            file.visititems(visit)
    rng = np.random.default_rng(0)
    kinds, found = set(), 0
    for number in rng.integers(len(places), size=100):
        path, kind, name, offset, size = places[number]
        content = path.read_bytes()
        flipped = bytearray(content)
        flipped[offset + int(rng.integers(size))] ^= int(rng.integers(1, 256))
        path.write_bytes(flipped)
        with pytest.raises(ArtifactError, match="damaged"), read_artifact(path, kind) as artifact:
            artifact.array(name)
        path.write_bytes(content)
        kinds.add(kind)
        found += 1
    print(f"{found} of 100 flips found, in artifacts of {len(kinds)} kinds")
    assert found == 100
    assert len(kinds) == 4


#: Reads a file in a process of its own, and says by how much its memory grew and what it was told.
READING = """
import resource, sys
from pathlib import Path
import numpy as np
from vpdlib.artifacts import read_artifact
from vpdlib.interchange.keypoints import read_keypoints
reader, path = sys.argv[1], Path(sys.argv[2])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
said = "nothing"
try:
    if reader == "keypoints":
        read_keypoints(path, "coco17")
    else:
        with read_artifact(path, reader) as artifact:
            for video in artifact.videos():
                for name in ("frame", "flow"):
                    video.array(name)
except ValueError as error:
    said = str(error)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
print(said)
"""


def lying_artifact(path, kind, num_rows, **options):
    schema = KINDS[kind]
    with h5py.File(path, "w") as file:
        file.attrs.update({"schema": kind, "schema_version": schema.version, "complete": True})
        file.attrs["num_videos"] = 1
        group = file.create_group("videos/v")
        for name, column in schema.columns().items():
            shape = [{"N": num_rows, "T": num_rows, "S": 64}.get(n, n) for n in column.shape]
            chunks = (min(num_rows, 64), *shape[1:])
            group.create_dataset(name, shape, column.dtype, chunks=chunks, **options)


def lying_keypoints(path, num_rows, **options):
    with h5py.File(path, "w") as file:
        shape = (num_rows, 17, 3)
        file.create_dataset("a", shape, "f4", chunks=(min(num_rows, 1 << 16), 17, 3), **options)


def bomb(path):
    """A gigabyte of zeros in a megabyte."""
    np.savez_compressed(path, a=np.zeros((5_000_000, 17, 3), np.float32))


@pytest.mark.parametrize(
    ("reader", "name", "write"),
    [
        ("tracks", "a.h5", lambda path: lying_artifact(path, "tracks", 1 << 40)),
        ("flow", "a.h5", lambda path: lying_artifact(path, "flow", 1 << 17, compression="gzip")),
        ("keypoints", "a.h5", lambda path: lying_keypoints(path, 1 << 40)),
        pytest.param(
            *("keypoints", "a.h5", lambda path: lying_keypoints(path, 1 << 22, compression="gzip")),
            marks=pytest.mark.faults,
        ),
        pytest.param("keypoints", "a.npz", bomb, marks=pytest.mark.faults),
    ],
    ids=["2^40 rows", "bomb", "keypoints of 2^40 rows", "bomb of keypoints", "npz bomb"],
)
def test_12_what_claims_too_much_is_refused_and_costs_no_memory(tmp_path, reader, name, write):
    path = tmp_path / name
    write(path)
    done = subprocess.run(
        [sys.executable, "-c", READING, reader, str(path)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    )
    grown, said = done.stdout.split("\n", 1)
    print(f"{path.stat().st_size} bytes: memory grew by {int(grown) / 1024:.0f} MB")
    assert str(path) in said
    assert "claim" in said
    assert int(grown) < 200 * 1024


@pytest.mark.faults
@pytest.mark.workflow
def test_14_two_runs_on_one_folder(again):
    """The second is refused with a message, and does no harm to the first."""
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")]
    command += ["--cores", "1", "--directory", str(again.folder), "--forcerun", "table"]
    with subprocess.Popen(
        [*command, "--", TABLE], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as first:
        locks = again.folder / ".snakemake" / "locks"
        while not (locks.is_dir() and any(locks.iterdir())):
            assert first.poll() is None
            time.sleep(0.01)
        # It is not to finish while the second one starts.
        first.send_signal(signal.SIGSTOP)
        second = again.run("--forcerun", "table", "--", TABLE)
        first.send_signal(signal.SIGCONT)
        said, _ = first.communicate(timeout=300)
    assert second.returncode != 0
    assert "cannot be locked" in second.stdout
    assert first.returncode == 0, said
    assert again.planned(TABLE) == {}


def _read(path, barrier, seconds):
    barrier.wait()
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with read_artifact(path, "poses") as artifact:
            artifact.verify_payload()


def test_14_eight_readers_of_one_artifact_and_a_writer(tmp_path):
    """Locks of HDF5 are for those who write in place; nobody does."""
    path = tmp_path / "0000.h5"
    columns = KINDS["poses"].columns()
    lengths = {"N": 500}
    video = {
        name: np.ones([lengths.get(n, n) for n in column.shape]).astype(column.dtype)
        for name, column in columns.items()
    }

    def write():
        with ArtifactWriter(path, "poses", Provenance("estimate_pose", "0", "0", "0")) as artifact:
            artifact.add_video("a", video)

    write()
    context = multiprocessing.get_context("fork")
    barrier = context.Barrier(9)
    readers = [context.Process(target=_read, args=(path, barrier, 1.0)) for _ in range(8)]
    for reader in readers:
        reader.start()
    barrier.wait()
    for _ in range(5):
        write()
        time.sleep(0.1)
    for reader in readers:
        reader.join()
    assert [reader.exitcode for reader in readers] == [0] * 8
    assert os.listdir(tmp_path) == ["0000.h5"]
