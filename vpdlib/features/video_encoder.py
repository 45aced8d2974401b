"""Frozen video encoders: a descriptor of each frame from the windows that it lies in.

VideoMAE and the encoder of V-JEPA 2, as the library transformers has them, with weights of the user's
(`vpdlib.features.video_encoder_settings`). Both cut a window into tubelets, a few frames of a patch each, and
give a token of every tubelet. The tokens of one step of time are averaged over space, and each frame has
what its step of time gives, averaged over the windows that hold the frame:

    crops (N, S, S, 3) -> windows (M, T) at a stride -> inputs (B, T, 3, P, P)
    -> tokens (B, T/u * (P/p)^2, d) -> steps of time (B, T/u, d) -> frames (N, d)

N crops of consecutive frames, S their side, M windows of T frames, B of them at once, P the side of
inputs, p that of patches, u frames of a tubelet, d the encoder's width.

Source: Tong et al., VideoMAE, NeurIPS 2022; Assran et al., V-JEPA 2, arXiv 2506.09985, 2025. Descriptors of frames are
ours: the published probes see the tokens of whole clips.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, TypeGuard

import numpy as np
import torch
from torch import Tensor, nn

from vpdlib.artifacts.crops import Crops
from vpdlib.baselines.backbones import IMAGENET, InputStatistics, normalise
from vpdlib.baselines.kinds import PRETRAINED
from vpdlib.features.crops import CropEmbedder, CropJob, video_by_video
from vpdlib.features.video_encoder_settings import (
    CONFIG,
    PREPROCESSORS,
    TRANSFORMERS,
    WEIGHTS,
    VideoEncoderSettings,
    verify_encoder_present,
)
from vpdlib.features.windows import describe_windows, embed_runs, require_finite
from vpdlib.progress import note
from vpdlib.weights.check import WeightsError, read_json
from vpdlib.weights.checkpoints import verify_checkpoint

#: Tensors that an error quotes.
_NUM_QUOTED = 3
#: Entries of a configuration by which the library would read quantised weights, or another file.
_OTHER_WEIGHTS = ("quantization_config", "transformers_weights")


@dataclass(frozen=True)
class _Adapter:
    """Where one of the library's models differs from the other.

    Attributes
    ----------
    name : what names of the library's classes begin with.
    channels, frames, side : names, in the configuration, of what the encoder was trained with.
    any_side : whether inputs may have another side than in training.
    own : beginnings of the names of the encoder's tensors; others, as of a decoder, are left out.
    encoder : takes the encoder out of the model.
    tokens : maps encoder and clips (B, T, 3, P, P) to tokens (B, L, d), time outermost.
    """

    name: str
    channels: str
    frames: str
    side: str
    any_side: bool
    own: tuple[str, ...]
    encoder: Callable[[Any], nn.Module]
    tokens: Callable[[nn.Module, Tensor], Tensor]


_ADAPTERS = {
    "videomae": _Adapter(
        name="VideoMAE",
        channels="num_channels",
        frames="num_frames",
        side="image_size",
        # Its table of positions numbers the patches of a picture of this size.
        any_side=False,
        own=("embeddings.", "encoder.", "layernorm."),
        encoder=lambda model: model,
        tokens=lambda encoder, clips: encoder(pixel_values=clips).last_hidden_state,
    ),
    "vjepa2": _Adapter(
        name="VJEPA2",
        channels="in_chans",
        frames="frames_per_clip",
        side="crop_size",
        # Positions are rotations by row, column and time.
        any_side=True,
        own=("encoder.",),
        # Without the predictor, which serves pretraining.
        encoder=lambda model: model.encoder,
        tokens=lambda encoder, clips: encoder(pixel_values_videos=clips).last_hidden_state,
    ),
}


class VideoEncoder(nn.Module):
    """A frozen encoder of windows, for evaluation.

    Parameters
    ----------
    network : of the library.
    tokens : maps network and clips to tokens (B, L, d), time outermost.
    window_frames, tubelet_frames, input_px, width : T, u, P and d.
    statistics : what inputs are normalised by.

    Attributes
    ----------
    window_frames, tubelet_frames, input_px, width, statistics : as given.
    """

    def __init__(
        self,
        network: nn.Module,
        tokens: Callable[[nn.Module, Tensor], Tensor],
        window_frames: int,
        tubelet_frames: int,
        input_px: int,
        width: int,
        statistics: InputStatistics,
    ) -> None:
        super().__init__()
        self.network, self._tokens = network, tokens
        self.window_frames, self.tubelet_frames = window_frames, tubelet_frames
        self.input_px, self.width, self.statistics = input_px, width, statistics
        self.eval().requires_grad_(False)

    def forward(self, clips: Tensor) -> Tensor:
        """Map clips (B, T, 3, P, P), normalised, to descriptors of steps of time (B, T/u, d)."""
        tokens = self._tokens(self.network, clips)
        steps = self.window_frames // self.tubelet_frames
        return tokens.unflatten(1, (steps, -1)).mean(dim=2)

    def prepare(self, frames: Tensor) -> Tensor:
        """Turn crops (n, S, S, 3) uint8 into inputs (n, 3, P, P) float32; other sides are resized bilinearly."""
        inputs = normalise(frames, self.statistics)
        if inputs.shape[-1] == self.input_px:
            return inputs
        size = (self.input_px, self.input_px)
        return nn.functional.interpolate(inputs, size, mode="bilinear", antialias=True)


def window_starts(num_frames: int, window_frames: int, stride: int) -> np.ndarray:
    """Return where windows begin, at a stride; the last one ends with the last frame.

    Parameters
    ----------
    num_frames : N, of consecutive frames, 1 or more.
    window_frames, stride : T and the step between beginnings, no more than T.

    Returns
    -------
    (M,) int64, rising; [0] where one window holds all frames.
    """
    last = max(num_frames - window_frames, 0)
    return np.unique(np.append(np.arange(0, last, stride), last))


def embed_frames(
    frames: np.ndarray,
    encoder: VideoEncoder,
    stride: int,
    device: str = "cpu",
    batch_size: int = 8,
    amp: bool = False,
) -> np.ndarray:
    """Describe each of some consecutive frames, regular and flipped.

    Frames of a step of time share what the step gives; windows that overlap are averaged. Where there are
    fewer frames than a window has, the last one is repeated.

    Parameters
    ----------
    frames, device, batch_size, amp : see `vpdlib.features.windows.describe_windows`.
    encoder : moved to `device`.
    stride : frames between the beginnings of two windows, no more than the encoder's window.

    Returns
    -------
    (N, 2, d) float32 : [:, 0] of the frames, [:, 1] of their flipped images.

    Raises
    ------
    ValueError : frames of another shape or type, or a feature that is not finite.
    """
    encoder.to(device)
    num_frames, length = len(frames), encoder.window_frames
    starts = window_starts(num_frames, length, stride)
    windows = np.minimum(starts[:, None] + np.arange(length), num_frames - 1)
    total = np.zeros((num_frames, 2, encoder.width), np.float32)
    times = np.zeros((num_frames, 1, 1), np.float32)
    batches = describe_windows(frames, windows, encoder, encoder.prepare, device, batch_size, amp)
    for rows, found in batches:
        for start, steps in zip(starts[rows], found, strict=True):
            held = min(length, num_frames - start)
            of_frames = steps.repeat(encoder.tubelet_frames, axis=1)[:, :held]  # (2, T, d)
            total[start : start + held] += of_frames.swapaxes(0, 1)
            times[start : start + held] += 1
    total /= times
    require_finite(total, "video encoder's")
    return total


def embedder(job: CropJob) -> CropEmbedder:
    """What describes crops; see `vpdlib.features.crops`.

    Raises
    ------
    WeightsError
        As `build_video_encoder`, and for weights of another digest.
    """
    settings = VideoEncoderSettings.model_validate(job.settings)
    torch.set_num_threads(job.threads)
    reference, sha256 = settings.reference
    verify_checkpoint(reference, job.networks_dir, sha256)
    encoder = build_video_encoder(settings)
    embed = partial(embed_video, encoder=encoder, settings=settings, device=job.device)
    return CropEmbedder(video_by_video(embed), {"weights": PRETRAINED})


def embed_video(
    video: Crops,
    side: int,
    encoder: VideoEncoder,
    settings: VideoEncoderSettings,
    device: str,
) -> np.ndarray:
    """Describe all crops of a video, (N, 2, d) float32; see `embed_runs` and `embed_frames`."""

    def embed(run: np.ndarray) -> np.ndarray:
        return embed_frames(
            run, encoder, settings.stride, device, settings.batch_size, settings.amp
        )

    return embed_runs(video, side, encoder.width, embed)


def input_statistics(folder: Path) -> tuple[InputStatistics, str]:
    """What inputs are normalised by: as the folder's publisher says, else as for ImageNet.

    Parameters
    ----------
    folder : of the weights.

    Returns
    -------
    Mean and deviation of RGB in 0..1, and where they come from: the name of the file, or "ImageNet".

    Raises
    ------
    WeightsError : the file cannot be read, or asks for something else than three means and deviations of RGB in 0..1.
    """
    path = next((folder / name for name in PREPROCESSORS if (folder / name).is_file()), None)
    if path is None:
        return IMAGENET, "ImageNet"
    asked = read_json(path, "obtain it again")
    mean, std = asked.get("image_mean"), asked.get("image_std")
    scaled = asked.get("do_rescale", True) and asked.get("do_normalize", True)
    factor = asked.get("rescale_factor", 1 / 255)
    # Some publishers round 1 / 255.
    in_0_1 = isinstance(factor, float) and abs(255 * factor - 1) < 1e-3
    if not (scaled and in_0_1 and _are_three(mean) and _are_three(std) and min(std) > 0):
        raise WeightsError(
            f"{path}: expected image_mean and image_std, three numbers each, of RGB in 0..1; found {mean}, {std}, "
            f"do_rescale {asked.get('do_rescale')}, rescale_factor {factor}, do_normalize "
            f"{asked.get('do_normalize')}. Correct the file, or remove it: ImageNet's are taken then"
        )
    return InputStatistics(tuple(mean), tuple(std)), path.name


def _are_three(values: Any) -> TypeGuard[list[float]]:
    numbers = isinstance(values, list) and all(isinstance(value, int | float) for value in values)
    return numbers and len(values) == 3


def build_video_encoder(settings: VideoEncoderSettings) -> VideoEncoder:
    """Read an encoder; no network is asked, and no pickle opened.

    Parameters
    ----------
    settings : kind, folder of weights, frames of a window and side of inputs.

    Returns
    -------
    VideoEncoder : frozen, in float32, on the CPU.

    Raises
    ------
    WeightsError : the library, the folder or a file is missing, or the folder's encoder is another, damaged, or does
        not take such windows; the message ends with what to do.
    """
    given = verify_encoder_present(settings)
    adapter, folder = _ADAPTERS[settings.kind], Path(settings.weights)
    model_class, config_class, refusals = _classes(adapter)
    for name in _OTHER_WEIGHTS:
        if name in given:
            raise WeightsError(
                f"{folder / CONFIG}: {name}: only full weights, in {WEIGHTS}, are read; give the publisher's folder of "
                "those"
            )
    with _refusing(folder, settings.kind, refusals):
        config = config_class.from_dict(given)
    tubelet, side = _fit_inputs(config, adapter, settings, folder / CONFIG)
    with _quiet(), _refusing(folder, settings.kind, refusals):
        model, found = model_class.from_pretrained(
            folder,
            config=config,
            dtype=torch.float32,
            # A configuration may name kernels to be downloaded; torch's own are taken.
            attn_implementation="sdpa",
            local_files_only=True,
            use_safetensors=True,
            ignore_mismatched_sizes=True,
            output_loading_info=True,
        )
    _require_own_tensors(found, adapter, settings)
    statistics, source = input_statistics(folder)
    note(f"inputs normalised as in {source}")
    return VideoEncoder(
        adapter.encoder(model),
        adapter.tokens,
        settings.window_frames,
        tubelet,
        side,
        int(config.hidden_size),
        statistics,
    )


def _classes(adapter: _Adapter) -> tuple[Any, Any, tuple[type[Exception], ...]]:
    """Model and configuration of the library, and what it raises for folders that it cannot read."""
    # Where torchvision's operators do not load, transformers could not be imported without this.
    from vpdlib.compat import install

    install()
    try:
        # Late and by name: it is heavy, and installed only where it is wanted.
        library = import_module("transformers")
        classes = (
            getattr(library, f"{adapter.name}Model"),
            getattr(library, f"{adapter.name}Config"),
        )
        strict = import_module("huggingface_hub.errors").StrictDataclassError
    except (ImportError, AttributeError) as error:
        raise WeightsError(
            f"the library transformers that is installed has no {adapter.name}Model ({error}); run: pip install "
            f"{TRANSFORMERS}"
        ) from error
    from safetensors import SafetensorError

    return *classes, (
        strict,
        SafetensorError,
        OSError,
        RuntimeError,
        ValueError,
        TypeError,
        KeyError,
    )


def _fit_inputs(
    config: Any, adapter: _Adapter, settings: VideoEncoderSettings, path: Path
) -> tuple[int, int]:
    """Make a configuration that of the inputs that are set; return frames of a tubelet, and side of inputs, px."""
    names = (adapter.channels, adapter.frames, adapter.side, "patch_size", "tubelet_size")
    values = {name: getattr(config, name) for name in names}
    for name, value in values.items():
        if not isinstance(value, int) or value < 1:
            raise WeightsError(
                f"{path}: {name}: expected a whole number above 0, found {value!r}; give another encoder"
            )
    if values[adapter.channels] != 3:
        raise WeightsError(f"{path}: {adapter.channels}: expected 3, for RGB; give another encoder")
    most, own_side = values[adapter.frames], values[adapter.side]
    tubelet, patch = values["tubelet_size"], values["patch_size"]
    length, side = settings.window_frames, settings.input_px or own_side
    if length % tubelet or length > most:
        raise WeightsError(
            f"window_frames: {length}: the encoder of {path} takes a multiple of {tubelet}, {most} at most; correct it"
        )
    if side % patch or (side != own_side and not adapter.any_side):
        wanted = f"a multiple of {patch}" if adapter.any_side else f"{own_side} alone"
        raise WeightsError(f"input_px: {side}: the encoder of {path} takes {wanted}; correct it")
    # Positions are computed, not learnt: those of a shorter window are the first ones of a longer.
    setattr(config, adapter.frames, length)
    setattr(config, adapter.side, side)
    return tubelet, side


def _require_own_tensors(
    found: dict[str, Any], adapter: _Adapter, settings: VideoEncoderSettings
) -> None:
    """Refuse a file that lacks tensors of the encoder, or has others; what else it holds, such as a decoder, may be."""

    def own(names: Any) -> list[str]:
        # Of a larger model, they are called so.
        bare = (name.removeprefix(f"{settings.kind}.") for name in names)
        return sorted(name for name in bare if name.startswith(adapter.own))

    wrong = {
        "lacks": own(found["missing_keys"]),
        "holds, beyond it,": own(found["unexpected_keys"]),
        "has in another shape": own(name for name, *_ in found["mismatched_keys"]),
    }
    for what, names in wrong.items():
        if names:
            more = f" and {len(names) - _NUM_QUOTED} more" if len(names) > _NUM_QUOTED else ""
            raise WeightsError(
                f"{settings.weights_file}: does not fit the {settings.kind} of the {CONFIG} beside it: {what} "
                f"{', '.join(names[:_NUM_QUOTED])}{more}; obtain both files from one place"
            )


@contextmanager
def _refusing(folder: Path, kind: str, refusals: tuple[type[Exception], ...]) -> Iterator[None]:
    """Say of which folder it is what the library refuses."""
    try:
        yield
    except refusals as error:
        raise WeightsError(
            f"{folder}: no {kind} that transformers can read ({type(error).__name__}: {str(error)[:300]}); obtain the "
            "folder again"
        ) from error


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the library from listing the tensors of decoders as unexpected; those that count are checked here."""
    logging = import_module("transformers").logging
    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()
