"""The two libraries that the pages use: from npm, by version and sha256, copied into every site.

uPlot draws curves, Tabulator tables of any length. A site calls no host when it is looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from vpdlib.atomic import replacing
from vpdlib.weights.fetch import read_members
from vpdlib.weights.npm import npm_archive
from vpdlib.weights.registry import NetworkFile


@dataclass(frozen=True)
class Library:
    """A package, and which of its files become which of a site's."""

    package: str
    version: str
    files: tuple[tuple[str, NetworkFile], ...]


LIBRARIES = (
    Library(
        "uplot",
        "1.6.32",
        (
            (
                "uplot.js",
                NetworkFile(
                    "package/dist/uPlot.iife.min.js",
                    51081,
                    "19c8d4c6ad88929a79f4ae49d6f7161566dfd0ba3d15cc495e974f787eb78f1f",
                ),
            ),
            (
                "uplot.css",
                NetworkFile(
                    "package/dist/uPlot.min.css",
                    1857,
                    "df630c6a8d6f8eeaff264b50f73ce5b114f646ffd9a0bb74f049b0a00135fa04",
                ),
            ),
            (
                "uplot.LICENSE",
                NetworkFile(
                    "package/LICENSE",
                    1078,
                    "8f989229699b4fe2f1a0432d0e9edc338a8a911e250e2d1b01ecd770a5f5b1bd",
                ),
            ),
        ),
    ),
    Library(
        "tabulator-tables",
        "6.5.3",
        (
            (
                "tabulator.js",
                NetworkFile(
                    "package/dist/js/tabulator.min.js",
                    448396,
                    "ffac518cb793c672a2f0522b7fc80bf862234d96bb1e581c8aaf7f48f130eafa",
                ),
            ),
            (
                "tabulator.css",
                NetworkFile(
                    "package/dist/css/tabulator_simple.min.css",
                    29498,
                    "edef8839235a4b6a8c3dc391ec93f2ce1bc633dd5270a5f990753b6f9183d32b",
                ),
            ),
            (
                "tabulator.LICENSE",
                NetworkFile(
                    "package/LICENSE",
                    1082,
                    "191a2ee554684e1064c897b432f0e1bc6dfa714ca045d3f6ea2cf692cbd398b7",
                ),
            ),
        ),
    ),
)


def fetch_libraries(folder: Path, downloads_dir: Path | None) -> list[Path]:
    """Fetch the libraries' files, each checked by its digest.

    Parameters
    ----------
    folder : where they go; made if needed, whole or not at all.
    downloads_dir : a download cache that may hold the packages (:mod:`vpdlib.weights.npm`), or None.

    Raises
    ------
    WeightsError
        If a package cannot be had, or its files are not the expected ones.
    """
    with replacing(folder) as temporary:
        temporary.mkdir(parents=True)
        for library in LIBRARIES:
            files = tuple(file for _, file in library.files)
            with npm_archive(library.package, library.version, downloads_dir) as archive:
                members = read_members(archive, files)
            for name, file in library.files:
                (temporary / name).write_bytes(members[file.member])
    return sorted(folder.iterdir())
