"""Ranked lists of every query."""

from pathlib import Path

from vpdlib.artifacts.group import Kind


class Retrieval(Kind):
    """Ranked lists of every query; see `vpdlib.retrieval.results`."""

    kind, version, rule = "retrieval", 1, "retrieve_actions"

    @classmethod
    def rule_of(cls, path: Path) -> str:
        """The rule of ``retrieval/``, or of ``retrieval_blocks/<features>/``, which has a block of the queries."""
        return "retrieve_block" if path.parent.parent.name == "retrieval_blocks" else cls.rule
