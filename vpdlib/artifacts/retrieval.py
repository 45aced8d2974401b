"""Ranked lists of every query."""

from vpdlib.artifacts.group import Kind


class Retrieval(Kind):
    """Ranked lists of every query; see `vpdlib.retrieval.results`."""

    kind, version, rule = "retrieval", 1, "retrieve_actions"
