"""Feature sets of R3D: descriptors of runs of crops, by a trained network or a pretrained one."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import torch

from vpdlib.artifacts.crops import Crops
from vpdlib.features.crops import CropEmbedder, CropJob, video_by_video
from vpdlib.features.r3d_network import R3DEncoder, build_r3d_encoder, embed_windows
from vpdlib.features.r3d_training import load_r3d
from vpdlib.features.settings import R3DSettings
from vpdlib.features.windows import embed_runs
from vpdlib.weights.checkpoints import verify_checkpoint


def embedder(job: CropJob) -> CropEmbedder:
    """What describes crops; see `vpdlib.features.crops`.

    Raises
    ------
    WeightsError
        If pretrained weights are missing or of another digest.
    ValueError
        If the trained folder is damaged, or weights are of another network.
    """
    settings = R3DSettings.model_validate(job.settings)
    torch.set_num_threads(job.threads)
    trained, weights = job.inputs.get("model"), None
    if trained is None and settings.weights is not None:
        weights = verify_checkpoint(settings.weights, job.networks_dir, settings.weights_sha256)
    encoder = encoder_of(settings, trained, weights)
    embed = partial(embed_video, encoder=encoder, settings=settings, device=job.device)
    return CropEmbedder(video_by_video(embed), {"weights": settings.weights_text})


def encoder_of(settings: R3DSettings, trained: Path | None, weights: Path | None) -> R3DEncoder:
    """The encoder that embeds: the trained folder's where there is one, else that of pretrained weights."""
    if trained is not None:
        return load_r3d(trained)
    with torch.random.fork_rng(devices=[]):
        return build_r3d_encoder(weights, settings.widths, settings.blocks)


def embed_video(
    video: Crops, side: int, encoder: R3DEncoder, settings: R3DSettings, device: str
) -> np.ndarray:
    """Describe all crops of a video, (N, 2, d) float32; see `embed_runs` and `embed_windows`."""

    def embed(run: np.ndarray) -> np.ndarray:
        return embed_windows(run, encoder, device, settings.batch_size, settings.amp)

    return embed_runs(video, side, encoder.width, embed)
