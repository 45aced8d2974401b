"""From the settings of a VIPE* to its motions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import assert_never

from vpdlib.datasets.paths import files_below
from vpdlib.progress import note
from vpdlib.vipe.bvh import CMU_UNIT_M, read_bvh
from vpdlib.vipe.model_settings import (
    AmassMotions,
    BvhMotions,
    C3dMotions,
    DemoMotions,
    Human36mMotions,
    MotionSource,
    Nba2kMotions,
    NpzMotions,
    People3dMotions,
    TrcMotions,
)
from vpdlib.vipe.motions import Motion, check_motions, read_motions_npz
from vpdlib.vipe.npz import MotionError
from vpdlib.vipe.sources.amass import read_amass
from vpdlib.vipe.sources.c3d import read_c3d_folder
from vpdlib.vipe.sources.human36m import read_human36m
from vpdlib.vipe.sources.markers import MarkerReading
from vpdlib.vipe.sources.nba2k import read_nba2k
from vpdlib.vipe.sources.people3d import read_people3d
from vpdlib.vipe.sources.trc import read_trc_folder


def collect_motions(
    sources: Sequence[MotionSource], paths: Sequence[Path], body_models: Sequence[Path | None]
) -> list[Motion]:
    """Read the motions of all sources.

    Parameters
    ----------
    sources : what kind each is.
    paths : the file or folder of each.
    body_models : of each AMASS source, its body models; None for others.

    Raises
    ------
    MotionError : a source is missing, damaged, or not in metres with z up; or a person has two motions of one name.
    """
    motions: list[Motion] = []
    for source, path, body_model in zip(sources, paths, body_models, strict=True):
        found = _read(source, path, body_model)
        frames = sum(len(motion.xyz) for motion in found)
        people = {(motion.source, motion.subject) for motion in found}
        note(f"{path}: {len(found)} motions of {len(people)} people, {frames} frames")
        motions += found
    seen: set[tuple[str, str, str]] = set()
    for motion in motions:
        this = (motion.source, motion.subject, motion.name)
        if this in seen:
            raise MotionError(
                f"motion {motion.name!r} of {motion.subject!r} ({motion.source!r}) is there twice: list each "
                "source once, and give each person's files names of their own"
            )
        seen.add(this)
    return motions


def _read(source: MotionSource, path: Path, body_models: Path | None) -> list[Motion]:
    match source:
        case NpzMotions():
            return read_motions_npz(path, source.subject_pattern)
        case DemoMotions():
            return read_motions_npz(path)
        case BvhMotions():
            return _read_bvh_folder(source, path)
        case AmassMotions():
            if body_models is None:
                raise MotionError(f"{path}: AMASS needs body_models; set it in the motions' entry")
            return read_amass(path, body_models, target_fps=source.target_fps)
        case Human36mMotions():
            return read_human36m(path)
        case People3dMotions():
            return read_people3d(path)
        case Nba2kMotions():
            return read_nba2k(path)
        case C3dMotions():
            return read_c3d_folder(_marker_reading(source, path))
        case TrcMotions():
            return read_trc_folder(_marker_reading(source, path))
        case _:
            assert_never(source)


def _marker_reading(source: C3dMotions | TrcMotions, folder: Path) -> MarkerReading:
    return MarkerReading(folder, source.source, source.markers, source.up, source.target_fps)


def _read_bvh_folder(source: BvhMotions, folder: Path) -> list[Motion]:
    """Motions of ``<subject>/<motion>.bvh``; of files that lie in no sub-folder, the source is the subject."""
    files = sorted(path for path in files_below(folder) if path.suffix.lower() == ".bvh")
    if not files:
        raise MotionError(f"{folder} holds no .bvh file; correct `path` of the motions' entry")
    motions = [
        read_bvh(
            path,
            path.parent.name if path.parent != folder else source.source,
            source.source,
            unit_m=source.unit_m or CMU_UNIT_M,
            up=source.up,
            skip_frames=source.skip_frames,
            every=source.every,
        )
        for path in files
    ]
    check_motions(motions, str(folder))
    return motions
