"""Rendering the demo sport: CPU time beside another checkout's, and whether its pictures are the same bytes.

``python -m benchmarks.demo_rendering --before FOLDER``, where FOLDER is a checkout of the commit to compare with (``git
worktree add FOLDER 3da4dc4``). Both render the same routines with the settings that both have, in one process with one
thread each; pictures are compared before encoding, and so is the ground truth. The time holds all of
``render_routine``, encoding too, and what compiling takes, which a process pays once.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

from benchmarks._options import options_or_skip

#: Run in each checkout: prints seconds of CPU and a digest of pictures and ground truth of every routine.
_CODE = """
import dataclasses, hashlib, json, sys, tempfile, time
import cv2, numpy as np
from vpdlib.demo import generate
from vpdlib.demo.plan import DemoSettings, plan_routines

cv2.setNumThreads(1)
num, seed = map(int, sys.argv[1:])
plain, digest, spent = generate.render_frames, None, 0.0

def hashed(*arguments):
    global spent
    for picture in plain(*arguments):
        start = time.process_time()
        digest.update(picture.tobytes())
        spent += time.process_time() - start
        yield picture

generate.render_frames = hashed
settings = DemoSettings(seed=seed)
routines = plan_routines(settings)
for routine in routines[:: max(1, len(routines) // num)][:num]:
    digest, spent, start = hashlib.sha256(), 0.0, time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        truth = generate.render_routine(routine, settings, folder + "/video.mp4")
    seconds = time.process_time() - start - spent
    for field in dataclasses.fields(truth):
        digest.update(np.asarray(getattr(truth, field.name)).astype("S" if field.name == "actions" else None).tobytes())
    print(json.dumps([routine.id, len(truth.phase), seconds, digest.hexdigest()]), flush=True)
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--before", type=Path, help="a checkout of the commit to compare with")
    parser.add_argument("--routines", type=int, default=10, help="so many of the plan's, evenly")
    options = options_or_skip(parser, "before", "checkout to compare with")
    here = Path(__file__).resolve().parents[1]
    before, after = (
        _render(folder, options.routines, options.seed)
        for folder in (options.before.resolve(), here)
    )
    print(
        f"{'routine':12}{'frames':>7}{'before, s':>11}{'after, s':>10}{'ratio':>7}  pictures, truth"
    )
    for (name, frames, slow, old), (_, _, fast, new) in zip(before, after, strict=True):
        same = "the same" if old == new else "DIFFER"
        print(f"{name:12}{frames:7}{slow:11.2f}{fast:10.2f}{slow / fast:7.2f}  {same}")
    slow, fast = (sum(row[2] for row in rows) for rows in (before, after))
    num = sum(row[1] for row in before)
    print(f"{'all':12}{num:7}{slow:11.2f}{fast:10.2f}{slow / fast:7.2f}")


def _render(folder: Path, num: int, seed: int) -> list[tuple[str, int, float, str]]:
    command = [sys.executable, "-c", _CODE, str(num), str(seed)]
    done = subprocess.run(command, cwd=folder, check=True, stdout=subprocess.PIPE, text=True)
    return [tuple(json.loads(line)) for line in done.stdout.splitlines()]


if __name__ == "__main__":
    main()
