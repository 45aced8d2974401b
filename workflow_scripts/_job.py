"""What every job does around its work: one thread pool of the right size, its GPUs, a log, errors in it.

Import it before NumPy or torch. A script calls ``run(main)``, and calls nothing of CUDA before: which devices a job may
see is settled there. Without Snakemake it runs as the job did that made a given artifact (``_alone.py``).
"""

import os
import re
import sys
import time
import traceback
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Literal

# Parallelism is by jobs and by explicit thread counts; libraries that help themselves to all cores
# of the machine make jobs that share it many times slower.
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")
# Threads that spin for long while they wait starve the jobs beside them.
os.environ.setdefault("GOMP_SPINCOUNT", "10000")

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from vpdlib import artifacts, devices, planned, progress, provenance  # noqa: E402
from vpdlib.downloads import downloads_dir  # noqa: E402
from workflow_scripts import _alone  # noqa: E402

#: The job that runs, as plain values; nothing where a script's ``main`` is called by itself.
_made_by: dict[str, Any] = {}


def given() -> Any:
    """What Snakemake has put into the script or, in one that is run alone, what the command line asks for."""
    snakemake = getattr(sys.modules["__main__"], "snakemake", None)
    if snakemake is None:
        return _alone.like(sys.argv[1:])
    _made_by.update(_alone.describe(snakemake))
    return snakemake


def run(
    main: Callable[[Any], None], snakemake: Any = None, leases: Callable[[Any], Any] | None = None
) -> None:
    """Run a script's ``main`` with its log open; an uncaught error lands there and in the terminal.

    The job sees as many GPUs as its resource ``gpu`` says, and no other job sees those, unless ``leases`` gives from
    the job another context. Without ``snakemake`` it is what is `given`.
    """
    if snakemake is None:
        snakemake = given()
    rule, log_path, start = snakemake.rule, str(snakemake.log[0]), time.monotonic()
    with progress.logged_to(log_path) as log:
        progress.note(f"{rule} {dict(snakemake.wildcards)} with {snakemake.threads} threads")
        try:
            _refuse_edited_code(snakemake)
            with (leases or devices_here)(snakemake):
                main(snakemake)
        except BaseException as error:
            traceback.print_exc(file=log)
            # Of errors that are the user's to mend, the terminal shows the message and not the stack.
            if isinstance(error, ValueError):
                # Snakemake shows the log of what failed: what is read last is what to do.
                print(f"\n{rule}: {error}", file=log)
                print(f"\n{rule}: {error}\n(log: {log_path})\n", file=sys.stderr)
                sys.exit(1)
            raise
        # Snakemake's own file of a job misses what it used after the last look at it (findings/snakemake_cpu_time.sh).
        cpu_s = sum(os.times()[:4])
        progress.note(
            f"{rule}: done in {time.monotonic() - start:.1f} s, {cpu_s:.1f} s of CPU from the process's start"
        )


def _refuse_edited_code(snakemake: Any) -> None:
    code = snakemake.params.get("code")
    if code and not planned.is_code_as_planned(code):
        raise ValueError(
            "its script, or a module of vpdlib that this uses, has been edited since the run began, and what the job "
            "makes would be recorded as made by the code before. Nothing is wrong with the edit: let the run end, and "
            "start the same command again."
        )


def devices_here(snakemake: Any) -> AbstractContextManager[None]:
    """The GPUs that a job is to see on this machine, as its resources say, until the block is left."""
    resources = snakemake.resources
    num_gpus, share = int(resources.get("gpu", 0)), int(resources.get("gpu_share", 1))
    return devices.devices_of_job(num_gpus, progress.note, share)


def paths(some: str | Path | Sequence[str]) -> list[Path]:
    """The files and folders of an input that is one or several."""
    return [Path(path) for path in ([some] if isinstance(some, str | Path) else some)]


def downloads(snakemake: Any) -> Path:
    """The cache of downloads. It is no `params`: the same files in another place make nothing anew."""
    return downloads_dir(snakemake.config.get("downloads_dir"))


def device(snakemake: Any) -> devices.DeviceChoice:
    """Where networks are to run, by the checked configuration. It is no `params`: another device remakes nothing."""
    wanted: devices.DeviceChoice = snakemake.config.get("device", "auto")
    return wanted


def on_bad_video(snakemake: Any) -> Literal["refuse", "skip"]:
    """What becomes of a video that cannot be used, by the dataset's settings.

    It comes as a resource and is no `params`: whoever turns to `skip` because one video broke keeps what was made of
    the others.
    """
    wanted: Literal["refuse", "skip"] = snakemake.resources.get("on_bad_video", "refuse")
    return wanted


def state_path(snakemake: Any, folder: Path, device: str, apart_from: Collection[str] = ()) -> Path:
    """Where an interrupted training leaves its state, to go on from there.

    The name ties it to the job's settings, code and inputs, and to the kind of device that it ran on ("cpu" or
    "cuda"), whose state the other cannot always take. Inputs ``apart_from`` are left to the saved state's own identity:
    an edited label that changes no frame of the training must not throw it away.
    """
    of_their_own = {str(snakemake.input[name]) for name in apart_from}
    paths = [str(path) for path in snakemake.input if str(path) not in of_their_own]
    job = provenance_of(snakemake, paths)
    digests = f"{job.config_digest}.{job.code_digest}.{job.input_digest}"
    return folder.parent / f".{folder.name}.{device}.{digests}.state"


def discard_states(folder: Path) -> None:
    """Remove what trainings of ``folder`` left to go on from, now that it is finished: of other settings too."""
    name = re.compile(
        rf"\.{re.escape(folder.name)}\.[a-z]+\.[0-9a-f]+\.[0-9a-f]*\.[0-9a-f]+\.state"
    )
    for path in folder.parent.glob(".*.state"):
        if name.fullmatch(path.name):
            path.unlink(missing_ok=True)


def provenance_of(snakemake: Any, paths: Sequence[str] | None = None) -> artifacts.Provenance:
    """Digests of this job's settings, code and inputs, all or those at ``paths``, to be written into its artifact."""
    if paths is None:
        paths = [str(path) for path in snakemake.input]
    settings = {
        name: value
        for name, value in snakemake.params.items()
        # The last is for Snakemake (rules/recorded.smk), and holds the others.
        if name not in ("code", "recorded")
    }
    return artifacts.Provenance(
        rule=snakemake.rule,
        config_digest=provenance.digest_settings(settings),
        code_digest=str(snakemake.params.get("code", "")),
        input_digest=artifacts.digest_inputs(paths),
        settings=settings,
        made_by=_made_by,
    )
