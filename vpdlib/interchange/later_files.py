"""What several files of labels say together: a later one wins where both label one action, and may correct others.

A row with ``replaces`` takes the earlier files' label of that time away, and is in its place; without a label it only
takes it away. A file that has such a column at all *corrects*: its rows stand where the earlier ones stood, so that
where it brings no group and no split, those of the earlier labels hold.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from vpdlib.datasets.base import Action
from vpdlib.datasets.tables import ProblemRow
from vpdlib.progress import warn

#: Two labels of one video whose segments overlap so much (tIoU) are of one action.
_SAME_ACTION = 0.5
#: Of several earlier labels those are of exactly the time that a row replaces whose times differ by less, seconds.
_SAME_TIME_S = 2e-3
_STAGE = "prepare_dataset"


@dataclass(frozen=True)
class LaterRow:
    """A row of a file of labels.

    Attributes
    ----------
    action : what it labels; without a label where it only takes another one away.
    replaces : start and end of the earlier label that it replaces, seconds; None where it names none.
    """

    action: Action
    replaces: tuple[float, float] | None = None


@dataclass(frozen=True)
class LaterFile:
    """A file of labels: its rows, and whether it is made to correct earlier files."""

    rows: Sequence[LaterRow]
    corrects: bool = False


@dataclass
class _Gone:
    """What a file takes away, by the place of the row that does, and what is said of it."""

    actions: dict[int, list[Action]] = field(default_factory=lambda: defaultdict(list))
    implied: list[tuple[Action, Action]] = field(default_factory=list)
    missed: list[LaterRow] = field(default_factory=list)


def later_wins(files: Iterable[LaterFile], problems: list[ProblemRow]) -> list[Action]:
    """The actions of all files, without those that a later file replaces or labels again.

    Parameters
    ----------
    files : in the order in which they were made.
    problems : gets a row for each action that a later file labels otherwise without naming it, and for each that was
        to be replaced and is not there.
    """
    kept: list[Action] = []
    implied: list[tuple[Action, Action]] = []
    missed: list[LaterRow] = []
    for file in files:
        gone = _gone(file.rows, kept)
        implied += gone.implied
        missed += gone.missed
        own = _with_earlier_facts(file.rows, kept, gone) if file.corrects else file.rows
        without = {id(action) for actions in gone.actions.values() for action in actions}
        kept = [action for action in kept if id(action) not in without]
        kept += [row.action for row in own if row.action.label]
    problems += _told(implied, missed)
    return kept


def _gone(rows: Sequence[LaterRow], earlier: Sequence[Action]) -> _Gone:
    gone = _Gone()
    places: dict[str, list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        places[row.action.video_id].append(place)
    for video_id, of_video in _by_video(earlier).items():
        own = places.pop(video_id, [])
        _take_named(rows, own, of_video, gone)
        labelled = [place for place in own if rows[place].action.label]
        taken = {id(one) for place in own for one in gone.actions.get(place, ())}
        left = [action for action in of_video if id(action) not in taken]
        overlaps = _overlaps(left, [rows[place].action for place in labelled])
        for action, overlap in zip(left, overlaps, strict=True):
            best = int(np.argmax(overlap)) if labelled else 0
            if labelled and overlap[best] >= _SAME_ACTION:
                gone.actions[labelled[best]].append(action)
                gone.implied.append((action, rows[labelled[best]].action))
    gone.missed += [
        rows[place] for others in places.values() for place in others if rows[place].replaces
    ]
    return gone


def _take_named(
    rows: Sequence[LaterRow], places: Sequence[int], earlier: Sequence[Action], gone: _Gone
) -> None:
    """Note what the rows of a video, those at some places, name as replaced."""
    for place in places:
        row = rows[place]
        if row.replaces is None:
            continue
        found = _of_time(earlier, row.replaces)
        gone.actions[place] += found
        if not found:
            gone.missed.append(row)


def _of_time(actions: Sequence[Action], span_s: tuple[float, float]) -> list[Action]:
    """The actions of a time: all that have it exactly, or else the one that overlaps it most, if that is enough."""
    exact = [
        action
        for action in actions
        if abs(action.start_s - span_s[0]) < _SAME_TIME_S
        and abs(action.end_s - span_s[1]) < _SAME_TIME_S
    ]
    if exact:
        return exact
    meant = replace(actions[0], start_s=span_s[0], end_s=span_s[1])
    overlap = _overlaps([meant], actions)[0]
    best = int(np.argmax(overlap))
    return [actions[best]] if overlap[best] >= _SAME_ACTION else []


def _overlaps(actions: Sequence[Action], others: Sequence[Action]) -> NDArray[np.float64]:
    """(N, M) tIoU of N actions and M others."""
    start_s, end_s = _times(actions)
    other_start_s, other_end_s = _times(others)
    shared = np.minimum(end_s[:, None], other_end_s) - np.maximum(start_s[:, None], other_start_s)
    union = np.maximum(end_s[:, None], other_end_s) - np.minimum(start_s[:, None], other_start_s)
    tiou: NDArray[np.float64] = np.where(union > 0, shared.clip(0), 0) / np.where(
        union > 0, union, 1
    )
    return tiou


def _times(actions: Sequence[Action]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return np.array([one.start_s for one in actions]), np.array([one.end_s for one in actions])


def _with_earlier_facts(
    rows: Sequence[LaterRow], earlier: Sequence[Action], gone: _Gone
) -> list[LaterRow]:
    """Rows of a file that corrects, with group and split of what they replace, or else of their video.

    Without either, the split is that of the group, and train of a group that nothing was labelled of: so count videos
    without labels. Where the earlier files bring no split, neither do these rows get one.
    """
    by_video = _by_video(earlier)
    has_splits = any(action.split is not None for action in earlier)
    split_of_group = {action.group: action.split for action in earlier if action.group}
    found = []
    for place, row in enumerate(rows):
        action = row.action
        before = [*gone.actions.get(place, ()), *by_video.get(action.video_id, ())]
        group = action.group or next((one.group for one in before if one.group), "")
        split = action.split
        if split is None and has_splits:
            split = next((one.split for one in before if one.split), None)
            split = split or split_of_group.get(group) or "train"
        found.append(replace(row, action=replace(action, group=group, split=split)))
    return found


def _told(implied: Sequence[tuple[Action, Action]], missed: Sequence[LaterRow]) -> list[ProblemRow]:
    """Problems of labels that differ and of labels that are not there; both are said."""
    conflicts = [(action, other) for action, other in implied if action.label != other.label]
    told = [
        ProblemRow(
            video=action.video_id,
            start=f"{other.start_s:.3f}",
            end=f"{other.end_s:.3f}",
            stage=_STAGE,
            problem=f"{action.where} says {action.label!r}, {other.where} says {other.label!r}: the later file counts",
            remedy="Remove the label that is wrong.",
        )
        for action, other in conflicts
    ]
    if implied:
        action, other = (conflicts or implied)[0]
        warn(
            f"{len(implied)} actions are labelled in several files, {len(conflicts)} of them with another class; the "
            f"later file counts, such as {other.where} for {action.where}"
        )
    for row in missed:
        assert row.replaces is not None
        start, end = (f"{time_s:.3f}" for time_s in row.replaces)
        problem = ProblemRow(
            video=row.action.video_id,
            start=start,
            end=end,
            stage=_STAGE,
            problem=f"{row.action.where}: replaces {start}-{end} s of {row.action.video_id}, where no earlier file "
            f"labels an action{'; the row counts all the same' if row.action.label else ''}",
            remedy="Name the files in the order in which they were made, or take the row out.",
        )
        warn(f"{problem.problem}. {problem.remedy}")
        told.append(problem)
    return told


def _by_video(actions: Sequence[Action]) -> dict[str, list[Action]]:
    found: dict[str, list[Action]] = defaultdict(list)
    for action in actions:
        found[action.video_id].append(action)
    return found
