"""A job as a rule's script is one, of several processes: ``processes_job.py LOG WHAT PROCESSES [NODES]``."""

import os
import sys
import time
from functools import partial
from pathlib import Path
from types import SimpleNamespace

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "workflow_scripts"), str(ROOT)]

import _job  # noqa: E402, F401
import _processes  # noqa: E402
import numpy as np  # noqa: E402
from snakemake.iocontainers import Namedlist  # noqa: E402

#: Stands in for srun: starts a command once on each of two machines, which are both this one.
LAUNCHER = """trap 'kill $(jobs -p)' TERM
for node in 1 2; do "$@" & done
wait -n && wait -n
"""


def job(log, processes, nodes):
    resources = {"processes": int(processes)}
    if nodes:
        launcher = log.with_name("launch.sh")
        launcher.write_text(LAUNCHER)
        resources |= {"nodes": int(nodes), "mpi": f"bash {launcher}"}
    return SimpleNamespace(
        rule="learn",
        input=Namedlist(),
        output=Namedlist(),
        params=Namedlist(),
        log=Namedlist([str(log)]),
        wildcards=Namedlist(),
        resources=Namedlist(fromdict=resources),
        threads=2,
        config={"device": "cpu"},
    )


def learn(epochs, **given):
    """A student that learns from noise, with all that is random in a training."""
    from tests.students.test_train import tiny_data, tiny_settings
    from vpdlib.students.frames import ArrayFrames
    from vpdlib.students.settings import AugmentationSettings
    from vpdlib.students.train import train_student

    frames, pose, motion, train, val = tiny_data()
    mask = np.random.default_rng(1).integers(0, 2, frames.rgb.shape[:3], np.uint8)
    frames = ArrayFrames(frames.rgb, mask, frames.others)
    keep = given.pop("keep", None)
    settings = tiny_settings(
        epochs=epochs,
        samples_per_epoch=32,
        batch_size=16,
        augmentation=AugmentationSettings(rotation_degrees=20),
    )
    frames = frames if keep is None else keep(frames)
    return train_student(frames, pose, motion, train, val, settings, **given)


def train(log, world):
    import torch

    from vpdlib.progress import note
    from vpdlib.students.mapped import map_frames

    keep = partial(map_frames, world=world, folder=_processes.folder_of_node())
    student = learn(3, keep=keep, world=world, state_path=log.with_name("state"))
    note("said once")
    if world.is_first:
        torch.save([student.history, student.encoder.state_dict()], log.with_name("learnt"))


def refuse(log, world):
    from vpdlib.progress import note

    note("before")
    world.wait()
    if world.rank == 1:
        raise ValueError("the crops of process 1 are no good; mend them")
    world.wait()


def die(log, world):
    world.wait()
    if world.rank == 1:
        os.abort()
    world.wait()


def go_on(log, world):
    log.with_name(f"pid.{world.rank}").write_text(str(os.getpid()))
    world.wait()
    print("at work", flush=True)
    while True:
        time.sleep(0.1)
        world.wait()


def meet(log, world):
    import torch

    found = [world.size, world.local_size, world.total(torch.tensor(world.rank + 0.5))]
    log.with_name(f"met.{world.rank}").write_text(repr(found))


if __name__ == "__main__":
    path, what, processes, *nodes = sys.argv[1:]
    snakemake = job(Path(path), processes, nodes[0] if nodes else None)
    _processes.run(lambda snakemake, world: globals()[what](Path(path), world))
