"""The pretrained networks that a shared model needs: by name and digest, and fetched where they are missing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Literal

from vpdlib.baselines.kinds import checkpoint_references as baseline_weights
from vpdlib.flow.settings import checkpoint_references as flow_weights
from vpdlib.people.settings import checkpoint_references as people_weights
from vpdlib.pipeline.settings import ModelSettings
from vpdlib.poses.settings import checkpoint_references as pose_weights
from vpdlib.provenance import digest_settings
from vpdlib.section import Section
from vpdlib.weights.check import NETWORKS, WeightsError, expected_manifest
from vpdlib.weights.checkpoints import CHECKPOINTS, checkpoint_named, is_path, verify_checkpoint
from vpdlib.weights.fetch import fetch_embedded
from vpdlib.weights.fetch_checkpoint import fetch_checkpoint

#: The folder of a model that holds weights which were files of its maker's own.
OWN_WEIGHTS = "weights"
_OF_DETECTOR = {"nanodet": "nanodet", "multipose": "movenet-multipose"}
_OF_TEACHER = {"movenet_thunder": "movenet-thunder"}


class NetworkRecord(Section):
    """A network that comes with the library, or is downloaded, by name.

    Attributes
    ----------
    kind : embedded, converted from a package; or checkpoint, of the registry.
    name : of the network.
    digest : of what it is converted from and how; or its sha256, or the beginning of it.
    """

    kind: Literal["embedded", "checkpoint"]
    name: str
    digest: str


def needed_networks(settings: ModelSettings) -> tuple[NetworkRecord, ...]:
    """The networks that the stages of a model load, those that are files of the model left out."""
    names = [_OF_DETECTOR[name] for name in settings.people.detectors if name in _OF_DETECTOR]
    if settings.needs_poses and settings.poses.teacher in _OF_TEACHER:
        names.append(_OF_TEACHER[settings.poses.teacher])
    embedded = [NetworkRecord(kind="embedded", name=n, digest=_digest_embedded(n)) for n in names]
    references = dict.fromkeys(ref for ref, _ in _references(settings) if not is_path(ref))
    return (
        *embedded,
        *(
            NetworkRecord(kind="checkpoint", name=name, digest=checkpoint_named(name).sha256)
            for name in references
        ),
    )


def require_known(networks: Iterable[NetworkRecord], where: Path) -> None:
    """Refuse a model whose networks are not those of this library.

    Parameters
    ----------
    networks : of the model.
    where : its folder, for the message.

    Raises
    ------
    WeightsError
        Naming the network.
    """
    for network in networks:
        known = CHECKPOINTS if network.kind == "checkpoint" else NETWORKS
        if network.name not in known:
            found = None
        elif network.kind == "embedded":
            found = _digest_embedded(network.name)
        else:
            found = CHECKPOINTS[network.name].sha256
        if found != network.digest:
            raise WeightsError(
                f"{where}: the model was made with network {network.name!r} of digest {network.digest}; this version "
                f"of vpdlib has {found or 'none of that name'}. Use the version that made the model (its card.md "
                "names it), or make the model anew with this one: rule share_model."
            )


def make_ready(
    networks: Iterable[NetworkRecord], networks_dir: Path, downloads_dir: Path | None
) -> None:
    """Fetch what is missing, as rules `fetch_networks` and `fetch_checkpoint` do, and check what is there.

    Raises
    ------
    WeightsError
        If a network cannot be had, or is not the expected one.
    OSError
        If ``networks_dir`` cannot be written to.
    """
    wanted = list(networks)
    if any(network.kind == "embedded" for network in wanted):
        fetch_embedded(networks_dir, downloads_dir)
    for network in wanted:
        if network.kind == "checkpoint":
            fetch_checkpoint(network.name, networks_dir, downloads_dir)


def own_weights(settings: ModelSettings) -> list[str]:
    """Paths of the weights that are files of the user's own."""
    return list(dict.fromkeys(ref for ref, _ in _references(settings) if is_path(ref)))


def with_weights(settings: ModelSettings, moved: dict[str, str]) -> ModelSettings:
    """The settings with other paths of weights: as given -> as wanted."""
    content = settings.model_dump(mode="json")
    for section, key in _places(content):
        if section.get(key) in moved:
            section[key] = moved[section[key]]
    return ModelSettings.model_validate(content)


def check_own_weights(settings: ModelSettings) -> None:
    """Compare files of the user's own with the digests that the settings give.

    Raises
    ------
    WeightsError
        As :func:`vpdlib.weights.checkpoints.verify_checkpoint`.
    """
    for reference, sha256 in _references(settings):
        if is_path(reference):
            verify_checkpoint(reference, Path(), sha256)


def _references(settings: ModelSettings) -> list[tuple[str, str | None]]:
    references = list(people_weights(settings.people))
    if settings.needs_poses:
        references += pose_weights(settings.poses)
    if settings.needs_flow:
        references += flow_weights(settings.flow)
    for recipe in settings.features.values():
        if recipe.r3d is not None:
            references += baseline_weights(recipe.r3d)
    return references


def _places(content: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    """Where settings name weights: a section and its key."""
    for names, key in (
        (("people", "mmdet"), "checkpoint"),
        (("poses", "mmpose"), "checkpoint"),
        (("poses", "onnx"), "file"),
        (("flow", "raft"), "checkpoint"),
    ):
        section = content[names[0]][names[1]]
        if section is not None:
            yield section, key
    for recipe in content["features"].values():
        if recipe["r3d"] is not None:
            yield recipe["r3d"], "weights"


def _digest_embedded(name: str) -> str:
    return digest_settings(expected_manifest(NETWORKS[name]))
