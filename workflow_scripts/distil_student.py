"""Distil a student from the weak labels of the videos it may see."""

from functools import partial
from pathlib import Path

import _job
import _processes

from vpdlib.datasets.tables import read_actions, read_videos
from vpdlib.devices import choose_device
from vpdlib.progress import note
from vpdlib.students.corpus import (
    collect_corpus,
    fraction_of_videos,
    open_frames,
    score_weights,
    visible_segments,
)
from vpdlib.students.frames import split_validation
from vpdlib.students.mapped import map_frames
from vpdlib.students.save import save_student
from vpdlib.students.settings import StudentSettings
from vpdlib.students.train import train_student
from vpdlib.training.state import resume_or_start
from vpdlib.vipe.rotated import EmbeddedTargets
from vpdlib.vipe.save import load_vipe
from vpdlib.weights.checkpoints import verify_checkpoint


def _pretrained(settings: StudentSettings, networks_dir: Path) -> Path | None:
    """The file of the weights that the student starts from, compared with its digest."""
    for reference, sha256 in settings.weights_reference:
        return verify_checkpoint(reference, networks_dir, sha256)
    return None


def main(snakemake, world):
    settings = StudentSettings.model_validate(snakemake.params.settings)
    segments = visible_segments(
        read_videos(snakemake.input.videos),
        read_actions(snakemake.input.actions),
        settings.distil_on,
    )
    segments = fraction_of_videos(segments, settings.video_share)
    crops = [Path(path) for path in snakemake.input.crops]
    others = {name: [Path(path) for path in snakemake.input[name]] for name in settings.seen}
    # Turning an embedded target takes the poses and the network that embeds them.
    model = snakemake.input.get("model")
    corpus = collect_corpus(
        crops,
        [Path(path) for path in snakemake.input.labels],
        [Path(path) for path in snakemake.input.tracks],
        segments,
        settings.min_score,
        [Path(path) for path in snakemake.input.poses] if model else None,
    )
    note(f"{len(corpus.refs)} frames with a weak label from {len(segments)} videos")
    train_idx, val_idx = split_validation(len(corpus.refs), settings.val_fraction, settings.seed)
    folder = Path(snakemake.output[0])
    device = choose_device(_job.device(snakemake))
    # Crops that fit into memory are there once on a machine.
    keep = None
    if world.local_size > 1:
        keep = partial(map_frames, world=world, folder=_processes.folder_of_node())
    saved_state = _job.state_path(snakemake, folder, device, ("videos", "actions"))
    train = partial(
        train_student,
        open_frames(crops, others, corpus.refs, keep=keep),
        corpus.pose,
        corpus.motion if settings.motion else None,
        train_idx,
        val_idx,
        settings,
        device=world.device(device),
        threads=world.threads(snakemake.threads),
        weights_path=_pretrained(settings, Path(snakemake.params.networks_dir)),
        weight=score_weights(corpus.score, settings.score_power),
        rotated_targets=EmbeddedTargets.from_keypoints(
            load_vipe(Path(model)),
            corpus.keypoints_px,
            corpus.previous_keypoints_px,
            snakemake.params.upside_down,
            settings.motion,
        )
        if model
        else None,
        world=world,
    )
    student = resume_or_start(lambda path: train(state_path=path), saved_state, world)
    if not world.is_first:
        return
    # A student of the entire corpus has seen test videos too, as the paper's has.
    untested = sorted(segments) if settings.distil_on != "corpus" else ()
    save_student(folder, student, snakemake.params.job, untested)
    _job.discard_states(folder)


if __name__ == "__main__":
    _processes.run(main)
