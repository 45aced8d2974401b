"""The one pattern for names that become file names, wildcards and HDF5 groups.

Ids of videos, datasets, students, feature sets and settings all follow it. It admits the names that
sport corpora really use (a YouTube id may start with ``-``) and nothing that a shell, a path or HDF5
gives a meaning to: no separators, no white space, no leading dot.
"""

from __future__ import annotations

import re

#: Also the ``wildcard_constraints`` of the workflow and the ``pattern`` of the JSON schema.
ID_PATTERN = r"[A-Za-z0-9_+\-][A-Za-z0-9_+.\-]{0,127}"

_ID = re.compile(ID_PATTERN)


def check_id(value: str, what: str, where: str) -> str:
    """Return ``value`` if it is a safe id.

    Parameters
    ----------
    value : the id.
    what : what it names, for the message ("video id").
    where : file and row, or setting, that gave it.

    Raises
    ------
    ValueError
        If the id is empty, longer than 128 characters or holds another character than
        ``A-Z a-z 0-9 _ + . -`` (or starts with a dot).
    """
    if not isinstance(value, str) or not _ID.fullmatch(value):
        shown = repr(value if len(str(value)) <= 60 else f"{str(value)[:57]}...")
        raise ValueError(
            f"{where}: {shown} is not a safe {what}. Use 1 to 128 of the characters A-Z a-z 0-9 _ + . -"
            " and do not start with a dot: rename the file or the id."
        )
    return value


def check_key(key: str, what: str, where: str) -> str:
    """Return the id that a key of another tool's file ends in; folders may stand in front, as in ``golf/clip1``.

    Raises
    ------
    ValueError
        As `check_id`, and for folders that climb or begin at the root: no name of a class.
    """
    *folders, last = key.split("/")
    if any(folder in ("", ".", "..") for folder in folders):
        raise ValueError(
            f"{where}: {key[:60]!r} is a path of somebody's computer, not a {what} with its folder in front. Name "
            "it as in golf/clip1."
        )
    return check_id(last, what, where)
