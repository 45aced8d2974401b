"""What every head or baseline says of the test actions."""

from vpdlib.artifacts.group import Kind


class Recognition(Kind):
    """What every head or baseline says of the test actions, in all trials; see `vpdlib.recognition.results`."""

    kind, version, rule = "recognition", 2, "recognize_actions"
