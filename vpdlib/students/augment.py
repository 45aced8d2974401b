"""Crops to network inputs: scaling, flow signs, normalisation, and random changes for training.

All functions work on whole batches, on the CPU or a GPU. B crops, S stored side, T side the network
sees. A *raw* batch is (B, C, S, S) float32: R, G, B in 0..1, then what else is seen, in the order of
its names (`vpdlib.students.settings.INPUTS`), such as flow u (right), v (down).

*Flow* is stored as q = round((f + 20) * 255 / 40), f in crop pixels within +-20, and read as q /
255 - 0.5, that is f / 40. The scale is symmetric about q = 127.5: flipping maps q to 255 - q
exactly, and a still pixel is stored as 128, +0.002 (0.08 px).

*Geometry* is done in one sampling pass for all channels: flip, then turn about the crop's centre,
then a random window (resized crop). Vectors are flipped and rotated with the image and, as in
the paper, not rescaled by the zoom; so are the targets: a flipped target row, rotated about the
hips. Where a turn shows what lies outside the crop, RGB is 0, as outside the video frame, and flow
is still.

*Order.* The paper jitters and normalises colours, adds noise, then flips and cuts. Here the
geometry comes first (one pass, and the jitter costs less on the smaller result); the operations
commute but for clipping, and for the mean grey of the contrast, which is taken over the window.
Positive angles turn x towards y, which is clockwise to the eye, since y points down. Source:
docs/method.md section 7.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch.nn import functional

from vpdlib.students.frames import TensorBatch
from vpdlib.students.settings import INPUTS, AugmentationSettings
from vpdlib.training.distributed import Part

#: Mean and standard deviation of R, G, B in 0..1.
RGBStatistics = tuple[tuple[float, float, float], tuple[float, float, float]]

_GREY = (0.299, 0.587, 0.114)
# RGB to Y, I, Q (NTSC): a turn in the I-Q plane changes the hue and keeps the brightness.
_RGB_TO_YIQ = (
    (0.299, 0.587, 0.114),
    (0.595716, -0.274453, -0.321263),
    (0.211456, -0.522591, 0.311135),
)


@dataclass(frozen=True)
class Geometry:
    """Flip, turn and window of each crop.

    Attributes
    ----------
    flipped : (B,) bool.
    angle : (B,) radians, turning x towards y, applied after the flip.
    window : (B, 4) centre x, centre y, width, height of what is shown; the crop spans -1..1, so
        that width and height 1 and centre 0, 0 show all of it.
    """

    flipped: torch.Tensor
    angle: torch.Tensor
    window: torch.Tensor

    @classmethod
    def identity(cls, num_crops: int) -> Geometry:
        """Change nothing."""
        window = torch.tensor([0.0, 0.0, 1.0, 1.0]).expand(num_crops, 4)
        return cls(torch.zeros(num_crops, dtype=torch.bool), torch.zeros(num_crops), window)

    @classmethod
    def flip(cls, num_crops: int) -> Geometry:
        """Flip all crops and do nothing else."""
        same = cls.identity(num_crops)
        return cls(~same.flipped, same.angle, same.window)

    def of(self, part: Part) -> Geometry:
        """That of a part of the crops."""
        return Geometry(self.flipped[part.rows], self.angle[part.rows], self.window[part.rows])

    def matrix(self) -> torch.Tensor:
        """Return R F (B, 2, 2), which takes a stored vector to the flipped and rotated image."""
        cos, sin = torch.cos(self.angle), torch.sin(self.angle)
        sign = 1.0 - 2.0 * self.flipped.to(cos.dtype)
        return torch.stack([cos * sign, -sin, sin * sign, cos], dim=1).reshape(-1, 2, 2)


def draw_geometry(
    num_crops: int, settings: AugmentationSettings, generator: torch.Generator
) -> Geometry:
    """Draw random geometry.

    The window's area and shape are drawn as in the usual random resized crop; one that would not
    fit is cut to the crop's side instead of drawn again, so that a batch is drawn at once.

    Parameters
    ----------
    num_crops : B.
    settings : ranges and probabilities.
    generator : a CPU generator.

    Returns
    -------
    Geometry : on the CPU.
    """
    draws = torch.rand(num_crops, 7, generator=generator)
    flipped = draws[:, 0] < settings.flip_probability
    limit = math.radians(settings.rotation_degrees)
    rotated = draws[:, 1] < settings.rotation_probability
    angle = torch.where(rotated, (2 * draws[:, 2] - 1) * limit, torch.zeros(num_crops))
    low, high = settings.resized_crop_scale
    area = low + (high - low) * draws[:, 3]
    low, high = (math.log(x) for x in settings.resized_crop_ratio)
    ratio = torch.exp(low + (high - low) * draws[:, 4])
    size = torch.stack([torch.sqrt(area * ratio), torch.sqrt(area / ratio)], dim=1).clamp(max=1.0)
    centre = (2 * draws[:, 5:7] - 1) * (1 - size)
    return Geometry(flipped, angle, torch.cat([centre, size], dim=1))


def raw_inputs(batch: TensorBatch, seen: Sequence[str]) -> torch.Tensor:
    """Join RGB of a batch and what else is seen.

    Parameters
    ----------
    batch : as stored.
    seen : names of the latter, see `StudentSettings.seen`.

    Returns
    -------
    (B, C, S, S) float32, raw (see the module's head).

    Raises
    ------
    ValueError : something is seen that the batch has not, or not in the form that `INPUTS` says.
    """
    rgb = batch.rgb.permute(0, 3, 1, 2).float().div_(255.0)
    if not seen:
        return rgb.contiguous()
    parts = [rgb]
    for name in seen:
        expected = INPUTS[name]
        if name not in batch.others:
            raise ValueError(f"the student sees {name}, but its frames have no {name}")
        stored = batch.others[name]
        part = stored.reshape(*stored.shape[:3], -1).permute(0, 3, 1, 2)
        same_side = part.shape[2:] == rgb.shape[2:]
        if part.shape[1] != expected.channels or (expected.is_vector and not same_side):
            raise ValueError(
                f"{name} {tuple(stored.shape)} beside RGB {tuple(batch.rgb.shape)}: expected {expected.channels} "
                "channels, and vectors at the crops' side"
            )
        part = part.to(rgb.dtype, copy=True).div_(expected.scale).sub_(expected.offset)
        if not same_side:
            part = functional.interpolate(part, rgb.shape[2:], mode="bilinear", antialias=True)
        parts.append(part)
    return torch.cat(parts, dim=1)


def vector_channels(seen: Sequence[str]) -> list[int]:
    """The channel of x of each vector in a raw batch, that of y is the next."""
    channels: list[int] = []
    end = 3
    for name in seen:
        first, end = end, end + INPUTS[name].channels
        channels += range(first, end, 2) if INPUTS[name].is_vector else []
    return channels


def apply_geometry(
    raw: torch.Tensor, geometry: Geometry, side: int, vectors: Sequence[int]
) -> torch.Tensor:
    """Flip, turn, cut and resize images, and flip and turn vectors.

    Crops much larger than `side` are averaged over whole blocks of pixels first, so that sampling
    does not skip pixels.

    Parameters
    ----------
    raw : (B, C, S, S) float32.
    geometry : of these B crops.
    side : T.
    vectors : see `vector_channels`; all other channels are pictures.

    Returns
    -------
    (B, C, T, T) float32.
    """
    block = max(1, round(raw.shape[-1] / (2 * side)))
    if block > 1:
        raw = functional.interpolate(raw, size=round(raw.shape[-1] / block), mode="area")
    matrix = geometry.matrix().to(raw.device)
    window = geometry.window.to(raw.device)
    # (R F)^-1 is its transpose: from a place in the new image back to the stored one.
    back = matrix.transpose(1, 2)
    theta = torch.cat([back * window[:, None, 2:], back @ window[:, :2, None]], dim=2)
    grid = functional.affine_grid(theta, [len(raw), raw.shape[1], side, side], align_corners=False)
    image = functional.grid_sample(
        raw, grid, mode="bilinear", padding_mode="zeros", align_corners=False
    )
    for x in vectors:
        image[:, x : x + 2] = torch.einsum("bij,bjhw->bihw", matrix, image[:, x : x + 2])
    return image


def apply_geometry_to_target(
    target: torch.Tensor, geometry: Geometry, turn: bool = True
) -> torch.Tensor:
    """Choose the flipped row where the crop is flipped, and turn 2D joints with the image.

    Parameters
    ----------
    target : (B, 2, D): regular and flipped row of x, y pairs about the hips (pose, motion, or
        both).
    geometry : of these B crops.
    turn : False for targets that are not x, y pairs; then no angle may be set.

    Returns
    -------
    (B, D)
    """
    row = geometry.flipped.to(target.device).long()
    chosen = target[torch.arange(len(target), device=target.device), row]
    if not turn or not bool(geometry.angle.any()):
        return chosen
    angle = geometry.angle.to(target.device)[:, None]
    pairs = chosen.reshape(len(chosen), -1, 2)
    x, y = pairs[..., 0], pairs[..., 1]
    cos, sin = torch.cos(angle), torch.sin(angle)
    return torch.stack([cos * x - sin * y, sin * x + cos * y], dim=2).reshape(chosen.shape)


def jitter_colours(
    rgb: torch.Tensor,
    jitter: tuple[float, float, float, float],
    generator: torch.Generator,
    part: Part | None = None,
) -> torch.Tensor:
    """Change brightness, contrast, saturation and hue at random, in random order.

    Each change is an affine map of the colours, so all four are composed to one (hue is a turn in
    the I-Q plane rather than in HSV, the usual approximation for small changes); the result is
    clipped once.

    Parameters
    ----------
    rgb : (B, 3, T, T) in 0..1.
    jitter : greatest changes of brightness, contrast, saturation, hue.
    generator : a CPU generator.
    part : see `augmented_inputs`.

    Returns
    -------
    (B, 3, T, T) in 0..1.
    """
    num_crops = len(rgb)
    part = part or Part.all_of(num_crops)
    draws = (2 * torch.rand(part.whole, 4, generator=generator) - 1) * torch.tensor(jitter)
    draws = draws[part.rows]
    order = torch.randperm(4, generator=generator).tolist()
    grey = torch.tensor(_GREY)
    mean = rgb.mean(dim=(2, 3)).cpu().float()
    matrix = torch.eye(3).repeat(num_crops, 1, 1)
    offset = torch.zeros(num_crops, 3)
    to_yiq = torch.tensor(_RGB_TO_YIQ)
    from_yiq = torch.linalg.inv(to_yiq)
    for change in order:
        factor = (1 + draws[:, change])[:, None, None]
        shift = torch.zeros(num_crops, 3)
        if change == 0:
            step = factor * torch.eye(3)
        elif change == 1:
            step = factor * torch.eye(3)
            mean_grey = ((matrix @ mean[:, :, None])[:, :, 0] + offset) @ grey
            shift = ((1 - factor[:, 0, 0]) * mean_grey)[:, None].expand(num_crops, 3)
        elif change == 2:
            step = factor * torch.eye(3) + (1 - factor) * grey.expand(3, 3)
        else:
            angle = 2 * math.pi * draws[:, 3]
            turn = torch.eye(3).repeat(num_crops, 1, 1)
            turn[:, 1, 1] = turn[:, 2, 2] = torch.cos(angle)
            turn[:, 1, 2], turn[:, 2, 1] = -torch.sin(angle), torch.sin(angle)
            step = from_yiq @ turn @ to_yiq
        matrix = step @ matrix
        offset = (step @ offset[:, :, None])[:, :, 0] + shift
    matrix, offset = matrix.to(rgb.device), offset.to(rgb.device)
    flat = torch.baddbmm(offset[:, :, None], matrix, rgb.reshape(num_crops, 3, -1))
    return flat.reshape(rgb.shape).clamp_(0.0, 1.0)


def normalize_inputs(
    raw: torch.Tensor, rgb_mean: tuple[float, ...], rgb_std: tuple[float, ...]
) -> torch.Tensor:
    """Subtract the mean from R, G, B, divide by the standard deviation, in place; leave the rest.

    Parameters
    ----------
    raw : (B, C, T, T), C at least 3.
    rgb_mean, rgb_std : of values in 0..1.

    Returns
    -------
    (B, C, T, T) : `raw` itself.
    """
    mean = torch.tensor(rgb_mean, dtype=raw.dtype, device=raw.device)[:, None, None]
    std = torch.tensor(rgb_std, dtype=raw.dtype, device=raw.device)[:, None, None]
    raw[:, :3].sub_(mean).div_(std)
    return raw


def plain_inputs(
    batch: TensorBatch, side: int, seen: Sequence[str], rgb: RGBStatistics, flipped: bool = False
) -> torch.Tensor:
    """Make network inputs without random changes, for validation and for embedding.

    Parameters
    ----------
    batch, seen : see `raw_inputs`.
    side : T.
    rgb : what R, G and B are normalised by.
    flipped : the flipped image, x of vectors negated.

    Returns
    -------
    (B, C, T, T) float32, channels last in memory.
    """
    raw = raw_inputs(batch, seen)
    vectors = vector_channels(seen)
    if raw.shape[-1] != side:
        raw = apply_geometry(raw, Geometry.identity(len(raw)), side, vectors)
    if flipped:
        raw = raw.flip(3)
        for x in vectors:
            raw[:, x].neg_()
    normalize_inputs(raw, *rgb)
    return raw.contiguous(memory_format=torch.channels_last)


def noise_like(
    inputs: torch.Tensor, generator: torch.Generator, part: Part | None = None
) -> torch.Tensor:
    """Draw standard normal noise where the inputs lie.

    On another device than the CPU it is drawn there, by a generator whose seed is drawn from the given one: the
    device would else wait while a CPU draws and copies millions of numbers.

    Parameters
    ----------
    inputs : (B, C, T, T), on any device; only its shape and device count.
    generator : a CPU generator.
    part : see `augmented_inputs`.

    Returns
    -------
    (B, C, T, T) float32 : on the device of `inputs`.
    """
    if inputs.device.type != "cpu":
        generator = torch.Generator(inputs.device).manual_seed(draw_seed(generator))
    part = part or Part.all_of(len(inputs))
    shape = (part.whole, *inputs.shape[1:])
    return torch.randn(shape, generator=generator, device=inputs.device)[part.rows]


def draw_seed(generator: torch.Generator) -> int:
    """Draw the seed of another generator, in 0..2**62 - 1; the next one drawn is another."""
    return int(torch.randint(2**62, (), generator=generator))


def augmented_inputs(
    batch: TensorBatch,
    side: int,
    seen: Sequence[str],
    rgb: RGBStatistics,
    settings: AugmentationSettings,
    generator: torch.Generator,
    part: Part | None = None,
) -> tuple[torch.Tensor, Geometry]:
    """Make randomly changed network inputs, and say how targets must be changed to go with them.

    Parameters
    ----------
    batch, seen : see `raw_inputs`. Background noise is added only where the batch has a mask.
    side : T.
    rgb : what R, G and B are normalised by.
    settings : ranges and probabilities.
    generator : a CPU generator, from which everything random is drawn; for noise on a GPU see `noise_like`.
    part : of a larger batch that these crops are: they are changed as they would be in it. None: they are the batch.

    Returns
    -------
    inputs : (B, C, T, T) float32, channels last in memory.
    geometry : on the CPU; see `apply_geometry_to_target`.
    """
    raw = raw_inputs(batch, seen)
    num_channels = raw.shape[1]
    noisy = batch.mask is not None and settings.noise_std > 0 and settings.noise_probability > 0
    if noisy and batch.mask is not None:
        raw = torch.cat([raw, (batch.mask[:, None] > 0).to(raw.dtype)], dim=1)
    part = part or Part.all_of(len(raw))
    geometry = draw_geometry(part.whole, settings, generator).of(part)
    image = apply_geometry(raw, geometry, side, vector_channels(seen))
    inputs, background = image[:, :num_channels], image[:, num_channels:] < 0.5
    if any(settings.colour_jitter):
        inputs[:, :3] = jitter_colours(inputs[:, :3], settings.colour_jitter, generator, part)
    normalize_inputs(inputs, *rgb)
    if noisy:
        chosen = torch.rand(part.whole, generator=generator) < settings.noise_probability
        noise = noise_like(inputs[:, :3], generator, part) * settings.noise_std
        noise = noise * chosen[part.rows, None, None, None].to(inputs.device)
        inputs[:, :3] += noise * background
    inputs = inputs.contiguous(memory_format=torch.channels_last)
    return inputs, geometry
