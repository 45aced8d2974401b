"""What is wrong, or doubtful, with labels as a whole.

Names that are nearly the same, classes that cannot be learnt, segments of a video that are labelled twice.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from vpdlib.datasets.alike import differ_visibly, difference, first_alike, spelled
from vpdlib.datasets.base import (
    Action,
    DatasetError,
    time_text,
    two_splits,
)
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


def split_problems(actions: Sequence[Action]) -> list[ProblemRow]:
    """A row if nothing is tested: actions are found all the same, and how well cannot be measured.

    Parameters
    ----------
    actions : with their splits, as they will be used.
    """
    if not actions or any(action.split == "test" for action in actions):
        return []
    return [
        ProblemRow(
            video="",
            start="",
            end="",
            stage=_STAGE,
            problem="no action is in split test: how well actions are recognised and found cannot be measured",
            remedy="Ask for found.csv, which needs none, or put some videos in split test.",
        )
    ]


def class_problems(actions: Sequence[Action], names: Sequence[str]) -> list[ProblemRow]:
    """Rows for classes that cannot be learnt well.

    They have a single training action, all of theirs in one video or group of several, none, or no action at all.

    Parameters
    ----------
    actions : with their splits, as they will be used.
    names : all classes.
    """
    rows = []
    groups = {action.group or action.video_id for action in actions if action.split == "train"}
    # As folds are made: where all are of one group, videos are held out in its place.
    by_group = len(groups) > 1
    is_divided = by_group or len({a.video_id for a in actions if a.split == "train"}) > 1
    for name in names:
        own = [action for action in actions if action.label == name]
        held = sorted({str(action.split) for action in own}, reverse=True)
        learnt = [action for action in own if action.split == "train"]
        if len(learnt) == 1:
            rows.append(
                _row_of(
                    learnt[0],
                    f"class {name!r} has this one training action: no model is tried on it before it answers, and its "
                    "probabilities are a guess",
                    "Label more of it, in other videos or of other athletes.",
                )
            )
        within = {(by_group and action.group) or action.video_id for action in learnt}
        if len(learnt) > 1 and len(within) == 1 and is_divided:
            rows.append(
                _row_of(
                    min(learnt, key=_row_number),
                    f"all {len(learnt)} training actions of class {name!r} are of {within.pop()!r}, this the first: "
                    "a video is answered for by a model that has not seen it, and that one knows no such action",
                    "Label some of it in other videos or of other athletes.",
                )
            )
        if learnt:
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
            _row_of(
                first,
                f"class {name!r} is in split {' and '.join(held)} alone ({len(own)} "
                f"action{'s' if len(own) > 1 else ''}, this the first): it cannot be learnt, so it is never right",
                "Correct the label, move some of its actions to train, or leave the class out.",
            )
        )
    return rows


#: A class is called nearly as another one from this likeness on (`difflib`), if it has so few actions, and that one so
#: many times as many.
_NEAR, _FEW, _TIMES_AS_MANY = 0.8, 2, 3


def near_class_problems(actions: Sequence[Action]) -> list[ProblemRow]:
    """Rows for rare classes that are called nearly as a common one, as slips of the keyboard are.

    Names that differ by numbers are meant to.

    Parameters
    ----------
    actions : whose classes the user has not listed.
    """
    counts = Counter(action.label for action in actions)
    rows = []
    for name, count in sorted(counts.items()):
        common = [
            other
            for other, number in counts.items()
            if number >= _TIMES_AS_MANY * count and _numbers_in(other) == _numbers_in(name)
        ]
        near = difflib.get_close_matches(name, common, 1, _NEAR) if count <= _FEW else []
        if near:
            first = min((a for a in actions if a.label == name), key=_row_number)
            rows.append(
                _row_of(
                    first,
                    f"class {name!r} has {count} action{'s' if count > 1 else ''} and is called nearly as "
                    f"{near[0]!r}, which has {counts[near[0]]}",
                    "Correct it if that one is meant; if both are, list the classes under `classes`.",
                )
            )
    return rows


def _numbers_in(name: str) -> list[str]:
    return re.findall(r"\d+", name)


#: Of two actions, so much of the shorter one is the same segment of the video.
_SAME_FRACTION = 0.5


def _shared_segments(actions: Iterable[Action]) -> Iterator[tuple[Action, Action, float]]:
    """Pairs of actions of one video that share some of its time: the earlier one, the other, and how much, s."""
    going_on: dict[str, list[Action]] = {}
    for action in sorted(actions, key=lambda a: (a.video_id, a.start_s, a.end_s)):
        others = [o for o in going_on.get(action.video_id, ()) if o.end_s > action.start_s]
        for other in others:
            yield other, action, min(other.end_s, action.end_s) - action.start_s
        going_on[action.video_id] = [*others, action]


def _is_same_segment(one: Action, other: Action, shared_s: float) -> bool:
    """Whether two actions are of one segment, rather than of two that touch."""
    shorter_s = min(one.end_s - one.start_s, other.end_s - other.start_s)
    return shared_s >= _SAME_FRACTION * shorter_s


def check_segments(actions: Sequence[Action]) -> None:
    """Refuse a segment that is tested and, for half of it or more, learnt from: it would be recognised by itself.

    The paper's datasets hold some, as published; a user's table holds them by mistake.

    Raises
    ------
    DatasetError
        Naming both rows.
    """
    for one, other, shared_s in _shared_segments(actions):
        if (one.split == "test") != (other.split == "test") and _is_same_segment(
            one, other, shared_s
        ):
            raise two_splits(other, one)


def segment_problems(actions: Sequence[Action]) -> list[ProblemRow]:
    """Rows for segments that are of two classes, or in two splits in part; one for each video that has some.

    Parameters
    ----------
    actions : with their splits.
    """
    of_video: dict[str, list[tuple[Action, Action, float]]] = {}
    for one, other, shared_s in _shared_segments(actions):
        twice = one.label != other.label and _is_same_segment(one, other, shared_s)
        if twice or one.split != other.split:
            of_video.setdefault(one.video_id, []).append((one, other, shared_s))
    rows = []
    for pairs in of_video.values():
        one, other, shared_s = pairs[0]
        more = f"; so are {len(pairs) - 1} more pairs of this video" if len(pairs) > 1 else ""
        rows.append(
            _row_of(
                replace(other, end_s=other.start_s + shared_s),
                f"{other.label} ({other.split}) is labelled where {one.label} ({one.split}) of {one.where} is: they "
                f"share {time_text(shared_s)} s{more}",
                "Correct the times of one, or leave both if both are meant.",
            )
        )
    return rows


def _row_of(action: Action, problem: str, remedy: str) -> ProblemRow:
    """A problem of an action's row, at its times."""
    return ProblemRow(
        video=action.video_id,
        start=time_text(action.start_s),
        end=time_text(action.end_s),
        stage=_STAGE,
        problem=f"{action.where}: {problem}",
        remedy=remedy,
    )


def _row_number(action: Action) -> tuple[str, int, str]:
    place, _, number = action.where.rpartition(":")
    return (place, int(number), "") if number.isdigit() else (action.where, 0, action.action_id)
