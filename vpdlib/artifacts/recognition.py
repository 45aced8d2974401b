"""What every head or baseline says of the test actions."""

from pathlib import Path

from vpdlib.artifacts.group import Kind


class Recognition(Kind):
    """What every head or baseline says of the test actions, in all trials; see `vpdlib.recognition.results`."""

    kind, version, rule = "recognition", 2, "recognize_actions"

    @classmethod
    def rule_of(cls, path: Path) -> str:
        """The rule of ``recognition/<features>/<head>/``, ``late_fusion/..`` or ``baselines/<kind>/<name>/``.

        ``recognition_blocks/<features>/<head>/<regime>/`` has blocks of the test actions.
        """
        folders = [parent.name for parent in path.parents]
        if "recognition_blocks" in folders[3:4]:
            return "recognize_block"
        if "baselines" in folders[2:3]:
            return "ensemble_baselines" if folders[1] == "ensemble" else "train_baseline"
        return "ensemble_features" if "late_fusion" in folders[2:3] else cls.rule
