"""Descriptors of all frames, regular and flipped, and the pose that a descriptor decodes to.

N frames, descriptor length d. Source: docs/method.md section 8: the flipped row is the descriptor
of the flipped crop (with horizontal flow negated), not a flipped descriptor.
"""

from __future__ import annotations

import numpy as np
import torch

from vpdlib.progress import track
from vpdlib.students.augment import plain_inputs
from vpdlib.students.frames import BatchReader, FrameStore, in_batches
from vpdlib.students.student import TrainedStudent

#: Frames at once. A ResNet-34 takes about 5 MiB a frame of 128 px, and a CPU gains nothing by more of them.
_CPU_BATCH, _GPU_BATCH = 50, 500
#: Descriptors at once.
_DECODED_AT_ONCE = 100_000


def embed(
    student: TrainedStudent,
    frames: FrameStore,
    batch_size: int | None = None,
    device: str = "cpu",
    threads: int = 1,
    num_workers: int = 0,
) -> np.ndarray:
    """Embed all frames of a store.

    Parameters
    ----------
    student : its encoder, input settings and colour normalisation are used; moved to `device`.
    frames : N crops.
    batch_size : frames at once; None: as many as pay on the device.
    device : "cpu", "cuda", ...
    threads : CPU threads of torch.
    num_workers : processes that read ahead; 0 for none.

    Returns
    -------
    (N, 2, d) float32 : [:, 0] of the crop, [:, 1] of its flipped image; not normalised.

    Raises
    ------
    ValueError : a descriptor is not finite, or the frames lack something that the student sees.
    """
    torch.set_num_threads(threads)
    student.to(device)
    settings = student.settings
    descriptors = np.empty((len(frames), 2, student.dim), dtype=np.float32)
    reader = BatchReader(frames, num_workers, pin_memory=torch.device(device).type == "cuda")
    if batch_size is None:
        batch_size = _CPU_BATCH if torch.device(device).type == "cpu" else _GPU_BATCH
    batches = in_batches(np.arange(len(frames)), batch_size)
    with torch.inference_mode():
        for batch in track(reader.read(batches), "embedding", total=len(batches), unit="batch"):
            on_device = batch.to(torch.device(device))
            for row, flipped in enumerate((False, True)):
                inputs = plain_inputs(
                    on_device,
                    settings.crop_px,
                    settings.seen,
                    (student.rgb_mean, student.rgb_std),
                    flipped,
                )
                descriptors[batch.indices.numpy(), row] = student.encoder(inputs).cpu().numpy()
    bad = np.flatnonzero(~np.isfinite(descriptors).all(axis=(1, 2)))
    if len(bad):
        raise ValueError(
            f"the descriptors of {len(bad)} frames are not finite, the first ones "
            f"{bad[:5].tolist()}; "
            "the student's weights are damaged, train it again"
        )
    return descriptors


def decode_pose(student: TrainedStudent, descriptor: np.ndarray) -> np.ndarray:
    """Decode descriptors to poses, to measure a student against the truth or to mend its teacher.

    Parameters
    ----------
    student : whose descriptors they are.
    descriptor : (..., d) float32.

    Returns
    -------
    (..., pose_dim) float32 : the pose part of the decoder's answer, in the teacher's units; the descriptor itself
        where there is no decoder.

    Raises
    ------
    ValueError : wrong length.
    """
    if descriptor.shape[-1:] != (student.dim,):
        raise ValueError(f"descriptor {descriptor.shape}: expected (..., {student.dim})")
    if student.decoder is None:
        return descriptor.astype(np.float32)
    device = next(student.decoder.parameters()).device
    flat = descriptor.reshape(-1, student.dim).astype(np.float32)
    with torch.inference_mode():
        # What the decoder holds of a video of hours would not fit into memory.
        answers = [
            student.decoder(part.to(device))[:, : student.pose_dim].cpu()
            for part in torch.from_numpy(flat).split(_DECODED_AT_ONCE)
        ]
    return torch.cat(answers).numpy().reshape(*descriptor.shape[:-1], student.pose_dim)
