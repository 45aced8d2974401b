"""What a run of the workflow is planned with, which its jobs inherit and hold what they find against.

Snakemake plans first, and then works for hours. Code, which every job loads, and settings, which jobs on other
computers read anew, may be edited by then, and what such a job makes would be recorded as made by what there was.
"""

from __future__ import annotations

import json
import os
from typing import Literal

from vpdlib.provenance import code_digest

_VARIABLE = "VPD_PLANNED"

#: What is planned with: files of settings by their names, modules by theirs with spaces between.
Kind = Literal["settings", "code"]


class Planned:
    """Digests of settings and code, kept for the jobs in the environment.

    Parameters
    ----------
    begins : whether this process plans a run; otherwise it is of one, and inherits.
    """

    def __init__(self, begins: bool) -> None:
        self._begins = begins
        self._digests = {} if begins else _inherited()

    def is_same(self, kind: Kind, name: str, digest: str) -> bool:
        """Whether something has the digest that it was first asked about with, by any process of the run."""
        known = self._digests.setdefault(kind, {})
        if name not in known:
            known[name] = digest
            if self._begins:
                os.environ[_VARIABLE] = json.dumps(self._digests)
        return known[name] == digest


def is_code_as_planned(digest: str) -> bool:
    """Whether the code that a job has found is what its run was planned with; so it is where there was no run.

    Parameters
    ----------
    digest : of the job's code, as it was given: in a job on this computer that of the plan, on another one that of
        the code which was found there.
    """
    modules = {known: names for names, known in _inherited().get("code", {}).items()}
    if not modules:
        return True
    return digest in modules and code_digest(*modules[digest].split()) == digest


def _inherited() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = json.loads(os.environ.get(_VARIABLE, "{}"))
    return found
