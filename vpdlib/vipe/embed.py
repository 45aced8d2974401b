"""View-invariant embeddings of 2D poses, regular and flipped.

N frames; keypoints in pixels of any image, x right, y down. The flipped row is the embedding of the
flipped pose, not a flipped embedding. Source: docs/method.md sections 5 and 8; for Diving48 the
embedding of the pose upside down (y negated, left and right as they are) is appended.
"""

from __future__ import annotations

import numpy as np
import torch

from vpdlib.vipe.cameras import flip_input, invert_input, network_input
from vpdlib.vipe.network import TrainedVipe


def embed_poses(
    model: TrainedVipe,
    keypoints_px: np.ndarray,
    upside_down: bool = False,
    batch_size: int = 1000,
    device: str = "cpu",
) -> np.ndarray:
    """Embed poses.

    Parameters
    ----------
    model : a trained VIPE*; moved to `device`.
    keypoints_px : (N, 17, 3) COCO or (N, 13, 3) joints: x px, y px, score.
    upside_down : append the embedding of the pose upside down.
    batch_size : poses at once.
    device : "cpu", "cuda", ...

    Returns
    -------
    (N, 2, dim) float32, (N, 2, 2 dim) for `upside_down`: [:, 0] regular, [:, 1] flipped; not
        normalised. NaN rows where a coordinate or score of the 13 joints is not finite.

    Raises
    ------
    ValueError : wrong shape, or the model's weights are not finite.
    """
    rows = network_input(keypoints_px)
    good = np.isfinite(rows).all(axis=1)
    variants = [[rows[good]], [flip_input(rows[good])]]
    if upside_down:
        for parts in variants:
            parts.append(invert_input(parts[0]))
    model.to(device)
    answer = np.stack(
        [
            np.concatenate([_encode(model, part, batch_size, device) for part in parts], axis=1)
            for parts in variants
        ],
        axis=1,
    )
    if not np.isfinite(answer).all():
        raise ValueError("embeddings of sound poses are not finite; train VIPE* again")
    result = np.full((len(rows), *answer.shape[1:]), np.nan, dtype=np.float32)
    result[good] = answer
    return result


def _encode(model: TrainedVipe, rows: np.ndarray, batch_size: int, device: str) -> np.ndarray:
    result = np.empty((len(rows), model.settings.dim), dtype=np.float32)
    with torch.inference_mode():
        for start in range(0, len(rows), batch_size):
            part = torch.from_numpy(rows[start : start + batch_size]).to(device)
            result[start : start + batch_size] = model.encoder(part).float().cpu().numpy()
    return result
