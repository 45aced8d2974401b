"""All labelled actions, and what they were taken for: a list to search, sort and filter."""

from __future__ import annotations

from typing import Any

from vpdlib.site.answers import Answers, read_answers
from vpdlib.site.site import Page, Site


def build(site: Site) -> Page | None:
    """The page ``actions.html``, or None where nothing is labelled."""
    if not site.actions:
        return None
    answers = read_answers(site)
    site.shard(
        "action_answers",
        {
            "classes": site.classes,
            "columns": [[one.features, one.head] for one in answers],
            "groups": [action.group for action in site.actions],
            "answers": [_row(action.action, answers) for action in site.actions],
        },
    )
    return Page(
        "actions",
        "Actions",
        {
            "classes": site.classes,
            "columns": [f"{one.features} {one.head}" for one in answers],
            "splits": sorted({action.split for action in site.actions}),
            "num_actions": len(site.actions),
        },
    )


def _row(action: str, answers: list[Answers]) -> list[Any] | None:
    """By column the class's number, less 1 and negative where the athlete was not seen; None where nobody was asked."""
    if not any(action in one.place for one in answers):
        return None
    row: list[Any] = []
    for one in answers:
        if action not in one.place:
            row.append(None)
            continue
        place = one.place[action]
        named = int(one.probabilities[place].argmax())
        row.append(-1 - named if one.is_empty[place] else named)
    return row
