"""Distil a student from the weak labels of the videos it may see."""

from collections import defaultdict
from pathlib import Path

import _job
import numpy as np

from vpdlib.datasets.tables import ActionRow, VideoRow, read_actions, read_videos
from vpdlib.devices import choose_device
from vpdlib.progress import note
from vpdlib.students.corpus import collect_corpus, open_frames
from vpdlib.students.frames import split_validation
from vpdlib.students.save import save_student
from vpdlib.students.settings import StudentSettings
from vpdlib.students.train import train_student
from vpdlib.vipe.save import load_vipe
from vpdlib.vipe.turned import EmbeddedTargets


def visible_stretches(
    videos: list[VideoRow], actions: list[ActionRow], distil_on: str
) -> dict[str, list[tuple[float, float]]]:
    """Per video the stretches in seconds that a student may learn from (paper section 4, Table 2)."""
    if distil_on == "corpus":
        return {v.video: [(0.0, np.inf)] for v in videos}
    if distil_on == "train":
        return {v.video: [(0.0, np.inf)] for v in videos if v.split != "test"}
    seen = {v.video for v in videos if v.split != "test"}
    stretches = defaultdict(list)
    for action in actions:
        if action.video in seen:
            stretches[action.video].append((action.start, action.end))
    return dict(stretches)


def score_weights(score: np.ndarray, power: float) -> np.ndarray | None:
    """Weights of the frames' losses, 1 on average; None where all count alike."""
    if power == 0:
        return None
    weight = np.asarray(score, np.float64) ** power
    return weight / weight.mean()


def main(snakemake):
    settings = StudentSettings.model_validate(snakemake.params.settings)
    stretches = visible_stretches(
        read_videos(snakemake.input.videos),
        read_actions(snakemake.input.actions),
        settings.distil_on,
    )
    crops = [Path(path) for path in snakemake.input.crops]
    flow = None if settings.inputs == "rgb" else [Path(path) for path in snakemake.input.flow]
    # Turning an embedded target takes the poses and the network that embeds them.
    model = snakemake.input.get("model")
    corpus = collect_corpus(
        crops,
        [Path(path) for path in snakemake.input.labels],
        [Path(path) for path in snakemake.input.tracks],
        stretches,
        settings.min_score,
        [Path(path) for path in snakemake.input.poses] if model else None,
    )
    note(f"{len(corpus.refs)} frames with a weak label from {len(stretches)} videos")
    train_idx, val_idx = split_validation(len(corpus.refs), settings.val_fraction, settings.seed)
    folder = Path(snakemake.output[0])
    # An interrupted training goes on where it was; the name ties it to these settings and inputs.
    origin = _job.origin(snakemake)
    checkpoint = folder.parent / (
        f".{folder.name}.{origin.config_digest}.{origin.code_digest}.{origin.input_digest}.checkpoint"
    )
    student = train_student(
        open_frames(crops, flow, corpus.refs, corpus.crop_side),
        corpus.pose,
        corpus.motion if settings.motion else None,
        train_idx,
        val_idx,
        settings,
        device=choose_device(snakemake.params.device),
        threads=snakemake.threads,
        checkpoint_path=checkpoint,
        weight=score_weights(corpus.score, settings.score_power),
        turned_targets=EmbeddedTargets.from_keypoints(
            load_vipe(Path(model)),
            corpus.keypoints_px,
            corpus.previous_keypoints_px,
            snakemake.params.upside_down,
            settings.motion,
        )
        if model
        else None,
    )
    save_student(folder, student)
    checkpoint.unlink(missing_ok=True)


if __name__ == "__main__":
    _job.run(main, snakemake)
