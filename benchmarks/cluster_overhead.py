"""What a job costs besides its work: seconds beyond `--cores 2`, each job by itself or short ones as one.

The peer is the profile without its groups. The chain on keypoints, whose jobs take a second or two, runs three times:
with ``--cores 2``, and through a real Slurm on this computer (tests/cluster/local_slurm.py; Debian: slurm-wlm,
munge) with `profiles/slurm` without and with its groups. What the runs through Slurm take longer, by the number of jobs
that went there, is what a job costs; the ratio is how much of it grouping leaves. Seconds of CPU are those of the whole
computer, on which nothing else should run. ``python -m benchmarks.cluster_overhead --shards 4``.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import psutil
import yaml

from tests.cluster.local_slurm import LocalSlurm, missing_commands
from tests.faults.conftest import TABLE, write_keypoints
from tests.workflow.conftest import ROOT, Workflow

PROFILE = ROOT / "profiles" / "slurm"


def without_groups(folder: Path) -> Path:
    """The profile without its groups, in a folder of its own."""
    profile = yaml.safe_load((PROFILE / "config.yaml").read_text())
    del profile["groups"], profile["group-components"]
    folder.mkdir()
    (folder / "config.yaml").write_text(yaml.safe_dump(profile))
    return folder


def run(
    folder: Path, shards: int, arguments: list[str], variables: Mapping[str, str]
) -> tuple[float, float, str]:
    """Seconds and seconds of CPU of a run from nothing to the table, and what Snakemake said.

    Raises
    ------
    SystemExit
        If the run fails.
    """
    workflow = Workflow(folder, ROOT / "resources" / "networks", sys.executable)
    write_keypoints(workflow, num_shards=shards)
    began, cpu_before = time.monotonic(), _cpu_s()
    done = workflow.run(*arguments, "--", TABLE, cores=None, **variables)
    if done.returncode:
        raise SystemExit(f"{' '.join(arguments)} failed:\n{done.stdout[-4000:]}")
    return time.monotonic() - began, _cpu_s() - cpu_before, done.stdout


def main() -> None:
    """Print seconds, submissions and seconds a job of each way, and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shards", type=int, default=4)
    options = parser.parse_args()
    if missing := missing_commands():
        print(f"skipped: {', '.join(missing)} not installed")
        return
    folder = Path(tempfile.mkdtemp(prefix="vpd-slurm-"))
    try:
        with LocalSlurm(folder / "s") as slurm:
            profiles = {"a job each": without_groups(folder / "ungrouped"), "grouped": PROFILE}
            here, cpu_here, _ = run(folder / "here", options.shards, ["--cores", "2"], {})
            print(f"--cores 2: {here:.0f} s, {cpu_here:.0f} of CPU", flush=True)
            cost, cpu_cost = {}, {}
            for name, profile in profiles.items():
                seconds, cpu_s, said = run(
                    folder / f"run of {name}".replace(" ", "_"),
                    options.shards,
                    ["--profile", str(profile)],
                    slurm.variables,
                )
                submissions = len(re.findall("has been submitted with SLURM jobid", said))
                jobs = _jobs_on_slurm(said)
                cost[name], cpu_cost[name] = (seconds - here) / jobs, (cpu_s - cpu_here) / jobs
                print(
                    f"{name}: {seconds:.0f} s, {cpu_s:.0f} of CPU, {jobs} jobs in {submissions} submissions; "
                    f"a job costs {cost[name]:.1f} s, {cpu_cost[name]:.1f} of CPU",
                    flush=True,
                )
            for what, of in (("seconds", cost), ("seconds of CPU", cpu_cost)):
                ratio = of["grouped"] / of["a job each"]
                print(f"ratio of what a job costs in {what}, grouped to a job each: {ratio:.2f}")
    finally:
        shutil.rmtree(folder)


def _cpu_s() -> float:
    """Seconds of CPU of the whole computer since it was started."""
    times = psutil.cpu_times()
    return float(times.user + times.nice + times.system)


def _jobs_on_slurm(said: str) -> int:
    """Number of finished jobs that do not run where Snakemake does."""
    snakefile = (ROOT / "Snakefile").read_text()
    local = set(re.findall(r"\w+", snakefile.split("localrules:")[1].split("\n\n")[0]))
    finished = re.findall(r"Finished jobid: \d+ \(Rule: (\w+)\)", said)
    return sum(rule not in local for rule in finished)


if __name__ == "__main__":
    main()
