"""The folder that a finder lies in: when its answers count, and of which recognisers and detectors it is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from vpdlib.finding.calibration import Acceptance
from vpdlib.finding.detector import Detector
from vpdlib.finding.finder import Finder, OperatingPoint
from vpdlib.finding.finder_record import FOLDER
from vpdlib.finding.recogniser import Recogniser
from vpdlib.provenance import digest_file
from vpdlib.training.model_folder import nan_if_none, none_if_nan


def digests_of_models(
    recognisers: Mapping[str, Path], detectors: Mapping[str, Path]
) -> dict[str, str]:
    """What a finder's record knows its recognisers and detectors by, from their folders by feature set."""
    return {
        f"{what}/{name}": digest_file(folder / "settings.json")
        for what, folders in (("recogniser", recognisers), ("detector", detectors))
        for name, folder in folders.items()
    }


def save_finder(folder: Path, finder: Finder, made_of: Mapping[str, str]) -> None:
    """Write a finder's folder, which names its recognisers and detectors by digest; see `ModelFolder.write`."""
    operating = finder.operating

    FOLDER.write(
        folder,
        {},
        [],
        ("epoch",),
        0,
        features=tuple(finder.recognisers),
        head=next(iter(finder.recognisers.values())).head,
        class_names=finder.class_names,
        is_uncut=bool(finder.detectors),
        settings=finder.settings,
        acceptance=(
            finder.acceptance.detection,
            finder.acceptance.recognition,
            finder.acceptance.bias,
        ),
        threshold=operating.threshold,
        precision=none_if_nan(operating.precision),
        recall=none_if_nan(operating.recall),
        calibration_error=none_if_nan(operating.calibration_error),
        num_actions=operating.num_actions,
        made_of=dict(made_of),
    )


def load_finder(
    folder: Path, recognisers: Mapping[str, Recogniser], detectors: Mapping[str, Detector]
) -> Finder:
    """Read what :func:`save_finder` wrote, and put it together with its recognisers and detectors.

    Raises
    ------
    FileNotFoundError
        If a file is missing.
    ValueError
        If it is damaged, or of other recognisers or detectors than those given.
    """
    record = FOLDER.read_record(folder)
    if tuple(recognisers) != record.features or bool(detectors) != record.is_uncut:
        raise ValueError(
            f"{folder} is of recognisers of {', '.join(record.features)}, with"
            f"{'' if record.is_uncut else 'out'} detectors; given are {', '.join(recognisers)}, with"
            f"{'' if detectors else 'out'}. Run rule tune_finder"
        )
    for feature, recogniser in recognisers.items():
        if (recogniser.head, recogniser.class_names) != (record.head, record.class_names):
            raise ValueError(
                f"{folder} is of recognisers of head {record.head} and classes {', '.join(record.class_names)}; that "
                f"of {feature} has head {recogniser.head} and classes {', '.join(recogniser.class_names)}. Run rule "
                "tune_finder"
            )

    return Finder(
        recognisers,
        detectors,
        record.settings,
        Acceptance(*record.acceptance),
        OperatingPoint(
            record.threshold,
            nan_if_none(record.precision),
            nan_if_none(record.recall),
            nan_if_none(record.calibration_error),
            record.num_actions,
        ),
    )
