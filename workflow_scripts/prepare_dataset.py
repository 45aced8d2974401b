"""Check videos and labels; write videos.csv and actions.csv."""

from pathlib import Path

import _job
from pydantic import TypeAdapter

from vpdlib.datasets.catalogue import labelled_actions, source_files
from vpdlib.datasets.prepare import Protocol, prepare
from vpdlib.datasets.settings import Adapter, DemoAdapter, FolderAdapter
from vpdlib.datasets.tables import ActionRow, VideoRow, write_rows


class DataFolder:
    """Paths below one folder."""

    def __init__(self, folder: str) -> None:
        self.folder = Path(folder)

    def under_data(self, path: str) -> Path:
        return self.folder / path


def main(snakemake):
    params = snakemake.params
    adapter = TypeAdapter(Adapter).validate_python(params.adapter)
    paths = DataFolder(params.data_dir)
    if isinstance(adapter, DemoAdapter):
        paths = DataFolder(Path(snakemake.input.labels[0]).parent)
        adapter = FolderAdapter(videos="videos", labels="labels.csv")
    sources = source_files(adapter, paths, params.classes)
    protocol = Protocol(
        test_fraction=adapter.test_fraction,
        val_fraction=adapter.val_fraction,
        shots=params.shots,
        trials=params.trials,
        seed=params.seed,
    )
    videos, actions = prepare(
        sources,
        lambda durations_s: labelled_actions(adapter, paths, sources, durations_s),
        params.classes,
        params.num_shards,
        protocol,
    )
    write_rows(snakemake.output.videos, videos, VideoRow)
    write_rows(snakemake.output.actions, actions, ActionRow)


if __name__ == "__main__":
    _job.run(main, snakemake)
