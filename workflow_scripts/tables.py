"""Put all readable tables of a dataset on one page."""

from pathlib import Path

import _job

from vpdlib.atomic import write_text


def main(snakemake):
    pages = [Path(path).read_text(encoding="utf-8") for path in snakemake.input.tables]
    write_text(snakemake.output[0], "\n\n".join(page.strip() for page in pages) + "\n")


if __name__ == "__main__":
    _job.run(main)
