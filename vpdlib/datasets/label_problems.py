"""What is wrong, or doubtful, with labels as a whole: names that are nearly the same, classes that cannot be learnt."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from vpdlib.datasets.alike import differ_visibly, difference, first_alike, spelled
from vpdlib.datasets.base import Action, DatasetError, time_text
from vpdlib.datasets.tables import ProblemRow

_STAGE = "prepare_dataset"


def check_names(actions: Sequence[Action], classes: Sequence[str] | None) -> None:
    """Refuse classes and groups of which two are told apart by case, white space or what cannot be seen alone.

    Parameters
    ----------
    actions : labelled by the user.
    classes : where the user lists them; two that are both listed may differ by case or blanks.

    Raises
    ------
    DatasetError
        Naming the rows of both, or a class name with a control character.
    """
    of_label: dict[str, str] = {name: "`classes`" for name in classes or ()}
    of_group: dict[str, str] = {}
    for action in actions:
        of_label.setdefault(action.label, action.where)
        of_group.setdefault(action.group, action.where)
    for label, where in of_label.items():
        if any(unicodedata.category(c) in ("Cc", "Zl", "Zp") for c in label):
            raise DatasetError(f"{where}: class {label!a} holds {spelled(label)}. Rename it.")
    remedy = "Write both the same"
    _refuse_alike(
        of_label,
        "class",
        classes or (),
        f"{remedy}; if two classes are meant, list both under `classes` in the dataset's YAML.",
    )
    _refuse_alike(of_group, "group", (), f"{remedy}, or rename one if two groups are meant.")


def _refuse_alike(where_of: dict[str, str], what: str, meant: Sequence[str], remedy: str) -> None:
    pair = first_alike(where_of, meant)
    if pair:
        other, name = pair
        if not differ_visibly(other, name):
            # To list them would not do.
            remedy = "Write both the same, or rename one."
        raise DatasetError(
            f"{where_of[name]}: {what} {name!r} {difference(name, other, where_of[other])}. {remedy}"
        )


def class_problems(actions: Sequence[Action], names: Sequence[str]) -> list[ProblemRow]:
    """Rows for classes that cannot be learnt: without a training action, or without any.

    Parameters
    ----------
    actions : with their splits, as they will be used.
    names : all classes.
    """
    rows = []
    for name in names:
        own = [action for action in actions if action.label == name]
        held = sorted({str(action.split) for action in own}, reverse=True)
        if "train" in held:
            continue
        if not own:
            rows.append(
                ProblemRow(
                    video="",
                    start="",
                    end="",
                    stage=_STAGE,
                    problem=f"class {name!r} of `classes` has no action",
                    remedy="Label some, or take it out of `classes`: it counts as one that may be guessed.",
                )
            )
            continue
        first = min(own, key=_row_number)
        rows.append(
            ProblemRow(
                video=first.video_id,
                start=time_text(first.start_s),
                end=time_text(first.end_s),
                stage=_STAGE,
                problem=f"{first.where}: class {name!r} is in split {' and '.join(held)} alone ({len(own)} "
                f"action{'s' if len(own) > 1 else ''}, this the first): it cannot be learnt, so it is never right",
                remedy="Correct the label, move some of its actions to train, or leave the class out.",
            )
        )
    return rows


def _row_number(action: Action) -> tuple[str, int, str]:
    place, _, number = action.where.rpartition(":")
    return (place, int(number), "") if number.isdigit() else (action.where, 0, action.action_id)
