"""Which rows of files of labels count: tier, subject, annotator; and what their classes are called here."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from vpdlib.datasets.base import DatasetError
from vpdlib.datasets.settings import LabelSettings
from vpdlib.interchange.document import listed
from vpdlib.interchange.formats import LabelRow

_MAX_NAMED = 12


def chosen_rows(
    files: Sequence[Sequence[LabelRow]], settings: LabelSettings
) -> list[list[LabelRow]]:
    """The rows of each file that count, by their names here.

    Parameters
    ----------
    files : the rows of each file, none empty.
    settings : what counts.

    Raises
    ------
    DatasetError
        If a tier, subject, annotator or class that the settings name is in no file, a file has several tiers and none
        is named, several people labelled one video in one file and none is named, or nothing is left.
    """
    rows = [row for file in files for row in file]
    _must_be_there("labels.tier", settings.tiers, {row.tier for row in rows})
    _must_be_there("labels.subject", settings.subjects, {row.group for row in rows})
    if settings.annotator is not None:
        _must_be_there("labels.annotator", (settings.annotator,), {row.annotator for row in rows})
    chosen = [_chosen(file, settings) for file in files]
    _must_be_there(
        "labels.map", tuple(settings.map), {row.label for file in chosen for row in file}
    )
    renamed = [[row for row in map(_renamed(settings), file) if row is not None] for file in chosen]
    if not any(renamed):
        raise DatasetError(
            f"{rows[0].where}: of {len(rows)} labels none is left by the settings under `labels` of the dataset. "
            "Correct them."
        )
    return renamed


def _chosen(rows: Sequence[LabelRow], settings: LabelSettings) -> list[LabelRow]:
    kept = list(rows)
    if settings.tiers:
        # A row without a tier is of a file that has none.
        kept = [row for row in kept if not row.tier or row.tier in settings.tiers]
    else:
        tiers = list(dict.fromkeys(row.tier for row in kept))
        if len(tiers) > 1:
            raise DatasetError(
                f"{kept[0].where}: the file has labels in {len(tiers)} tiers: {listed(tiers, _MAX_NAMED)}. Name the "
                f"one whose labels are actions: labels.tier: {tiers[0]}; or several."
            )
    if settings.subjects:
        kept = [row for row in kept if row.group in settings.subjects]
    if settings.annotator is not None:
        return [row for row in kept if row.annotator in ("", settings.annotator)]
    first: dict[str, LabelRow] = {}
    for row in kept:
        other = first.setdefault(row.video, row)
        if other.annotator != row.annotator:
            raise DatasetError(
                f"{row.where}: {row.video!r} is labelled by {row.annotator!r}, and in {other.where} by "
                f"{other.annotator!r}. Name the one who counts, labels.annotator, or take the others out."
            )
    return kept


def _renamed(settings: LabelSettings) -> Callable[[LabelRow], LabelRow | None]:
    def rename(row: LabelRow) -> LabelRow | None:
        if row.label not in settings.map:
            return row
        name = settings.map[row.label]
        return None if name is None else replace(row, label=name)

    return rename


def _must_be_there(setting: str, wanted: Sequence[str], there: Collection[str]) -> None:
    for name in wanted:
        if name not in there:
            known = sorted(filter(None, there))
            raise DatasetError(
                f"{setting}: {name!r} is in none of the files of labels; there "
                f"{'are' if len(known) > 1 else 'is'} {listed(known, _MAX_NAMED) or 'none'}. Correct the setting."
            )
