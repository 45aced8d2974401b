"""Where the folders of trained models lie in a shared one; nothing heavy is imported here, since rules ask for it."""

from __future__ import annotations

from vpdlib.pipeline.settings import ModelSettings

#: The folder of the finder.
FINDER = "finder"


def needed_models(settings: ModelSettings) -> list[tuple[str, ...]]:
    """Where the folders of trained models lie in a shared model."""
    found: list[tuple[str, ...]] = [
        (kind, name) for kind in ("recognisers", "detectors") for name in settings.parts
    ]
    for name, recipe in settings.features.items():
        if recipe.kind == "student":
            found.append(("students", name))
        elif recipe.vipe is not None:
            found.append(("vipe", recipe.vipe.model))
        elif recipe.r3d is not None and recipe.r3d.fine_tune:
            found.append(("r3d", name))
    return list(dict.fromkeys([*found, (FINDER,)]))
