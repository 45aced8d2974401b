"""Build the pages to look at: what there is of a dataset's results, as a site without a server."""

from pathlib import Path

import _job

from vpdlib.atomic import replacing
from vpdlib.site.build import PARTS, build_site
from vpdlib.site.libraries import fetch_libraries
from vpdlib.site.site import SiteSources


def main(snakemake):
    params, output = snakemake.params, snakemake.output
    results = Path(params.results)
    sources = SiteSources(
        title=params.settings["title"],
        dataset=snakemake.wildcards.dataset,
        results=results,
        there=params.there,
        settings=params.settings,
        code=params.code,
    )
    index = Path(output.index)
    with replacing(index.parent / ".whole") as folder:
        folder.mkdir(parents=True)
        libraries = folder / ".libraries"
        fetch_libraries(libraries, _job.downloads(snakemake))
        build_site(sources, folder, libraries, snakemake.threads)
    whole = index.parent / ".whole"
    for name in PARTS:
        (whole / name).rename(output[name])
    (whole / "index.html").rename(index)


if __name__ == "__main__":
    _job.run(main)
