"""Average precision and proposals of every trial."""

from vpdlib.artifacts.group import Kind


class Detection(Kind):
    """Average precision and proposals of every trial; see `vpdlib.action_detection.results`."""

    kind, version, rule = "detection", 1, "detect_actions"
