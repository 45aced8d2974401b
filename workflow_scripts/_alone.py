"""Running a script alone, outside Snakemake and under a debugger if need be, on what made an artifact.

``python workflow_scripts/track_athlete.py --like results/demo/tracks/0000.h5`` gives the script the inputs, settings
and wildcards of the job that made that file. What it writes, its log among it, goes below ``build/alone``.
"""

import sys
from pathlib import Path
from typing import Any

from snakemake.iocontainers import Namedlist

from vpdlib.artifacts import ArtifactError, read_made_by

#: Where outputs and logs go.
FOLDER = Path("build/alone")


def describe(snakemake: Any) -> dict[str, Any]:
    """A job as plain values, to be written into its artifact."""
    return {
        "rule": snakemake.rule,
        "wildcards": dict(snakemake.wildcards.items()),
        "input": _items(snakemake.input),
        "output": _items(snakemake.output),
        "log": _items(snakemake.log),
        "threads": snakemake.threads,
        # Of the rest Snakemake makes its own use.
        "resources": {
            name: value
            for name, value in snakemake.resources.items()
            if name in ("gpu", "gpu_share", "on_bad_video")
        },
    }


class Job:
    """What a script is given in place of Snakemake's own object, with the same attributes."""

    def __init__(self, made_by: dict[str, Any], settings: dict[str, Any]) -> None:
        self.rule = made_by["rule"]
        self.wildcards = Namedlist(fromdict=made_by["wildcards"])
        self.input = _files(made_by["input"], Path())
        self.output = _files(made_by["output"], FOLDER)
        self.log = _files(made_by["log"], FOLDER)
        self.threads = made_by["threads"]
        self.resources = Namedlist(fromdict=made_by["resources"])
        self.params = Namedlist(fromdict={**settings, "code": ""})
        # Jobs of Snakemake's own need no YAML, and start without it.
        import yaml

        self.config = yaml.safe_load(Path("config.yaml").read_text(encoding="utf-8"))


def like(arguments: list[str]) -> Job:
    """The job that the command line names.

    Raises
    ------
    SystemExit
        Where there is no such artifact, another script made it, or an input of that job is no longer there.
    """
    import argparse

    script = Path(sys.argv[0]).name
    parser = argparse.ArgumentParser(
        description=f"Run {script} alone; its output goes below {FOLDER}. Start it in the project's folder."
    )
    parser.add_argument(
        "--like",
        required=True,
        type=Path,
        metavar="ARTIFACT",
        help="an artifact (.h5) of this rule: its inputs and settings are taken",
    )
    path = parser.parse_args(arguments).like
    try:
        made_by, settings = read_made_by(path)
    except ArtifactError as error:
        sys.exit(str(error))
    if made_by["rule"] != Path(script).stem:
        sys.exit(f"{path} was made by {made_by['rule']}.py, not by {script}. Run that.")
    job = Job(made_by, settings)
    missing = [name for name in job.input if not Path(name).exists()]
    if missing:
        sys.exit(
            f"{path} was made of {missing[0]}, which is not there. Make it: snakemake --cores all -- {missing[0]}"
        )
    for written in (*job.output, *job.log):
        Path(written).parent.mkdir(parents=True, exist_ok=True)
    print(f"{script} like {path}; writes {', '.join(job.output)}", file=sys.stderr)
    return job


def _items(files: Any) -> list[tuple[str | None, str | list[str]]]:
    """Names and paths in their order; several of one name are a list."""
    return [
        (name, str(path) if isinstance(path, str) else [str(each) for each in path])
        for name, path in files._allitems()
    ]


def _files(items: list[tuple[str | None, str | list[str]]], folder: Path) -> Namedlist:
    """What `_items` has described, with paths below another folder."""
    files = Namedlist()
    for name, paths in items:
        first = len(files)
        single = isinstance(paths, str)
        files.extend(str(folder / path) for path in ([paths] if single else paths))
        if name is not None:
            files._set_name(name, first, end=None if single else len(files))
    return files
