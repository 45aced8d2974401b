"""Settings of frozen video encoders as feature sets, and the check of the folder that their weights lie in.

A folder is one as the library transformers saves it: ``config.json`` and ``model.safetensors``, and where the
publisher gives it the normalisation of inputs. It is the user's; nothing is ever downloaded. Nothing heavy is
imported here: folders are checked while the workflow is parsed, before any job starts, and again in each job.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, model_validator

from vpdlib.section import Section
from vpdlib.weights.check import WeightsError, read_json

#: What has to be installed besides; the version that the tests run with.
TRANSFORMERS = "transformers==5.24.0"

CONFIG, WEIGHTS = "config.json", "model.safetensors"
#: Where a publisher says how inputs are normalised; the first that is there counts.
PREPROCESSORS = ("video_preprocessor_config.json", "preprocessor_config.json")

_PICKLE = "pytorch_model.bin"
_CUT_UP = f"{WEIGHTS}.index.json"
_OBTAIN = "docs/baselines.md says how to obtain one"


class VideoEncoderSettings(Section):
    """Features of a frozen video encoder, of windows of the athlete's crops."""

    kind: Literal["videomae", "vjepa2"] = Field(
        description="VideoMAE, or the encoder of V-JEPA 2, both as the library transformers has them."
    )
    weights: str = Field(
        min_length=1,
        description=f"Folder of your own with {CONFIG} and {WEIGHTS} as transformers saves them.",
    )
    weights_sha256: str | None = Field(
        default=None,
        description=f"Digest of {WEIGHTS}, whole or its first 8 or more digits.",
    )
    window_frames: int = Field(
        default=16,
        ge=1,
        description="Consecutive crops that the encoder sees at once: whole tubelets (2 frames in all published "
        "encoders), no more than it was trained with.",
    )
    stride: int = Field(
        default=8,
        ge=1,
        description="Frames between the beginnings of two windows; a frame in several has the mean of its descriptors.",
    )
    input_px: int | None = Field(
        default=None,
        ge=1,
        description="Side that crops are brought to. Null: the encoder's own, which VideoMAE insists on.",
    )
    batch_size: int = Field(default=8, ge=1, description="Windows embedded at once.")
    amp: bool = Field(default=False, description="Embed in half precision.")

    @model_validator(mode="after")
    def _check(self) -> VideoEncoderSettings:
        if self.stride > self.window_frames:
            raise ValueError(
                f"stride: {self.stride} is more than window_frames, {self.window_frames}, and would leave frames "
                "out; lower it"
            )
        return self

    @property
    def weights_file(self) -> Path:
        """The file of tensors."""
        return Path(self.weights) / WEIGHTS

    @property
    def reference(self) -> tuple[str, str | None]:
        """Reference of the weights, as of checkpoints, and the digest asked for."""
        return str(self.weights_file), self.weights_sha256

    @property
    def files(self) -> list[Path]:
        """All files of the folder that are read, of those that may be missing the ones that are there."""
        found = (Path(self.weights) / name for name in PREPROCESSORS)
        return [
            Path(self.weights) / CONFIG,
            self.weights_file,
            *(path for path in found if path.is_file()),
        ]


def verify_encoder_present(settings: VideoEncoderSettings) -> dict[str, Any]:
    """Check that a video encoder can be had: the library, the folder, its files; that it is of the kind that is set.

    Parameters
    ----------
    settings : kind and folder; a relative path is looked for from the folder that the workflow runs in.

    Returns
    -------
    What ``config.json`` holds.

    Raises
    ------
    WeightsError : something is missing, or of another kind; the message ends with what to do.
    """
    what, folder = f"video encoder of kind {settings.kind}", Path(settings.weights)
    if find_spec("transformers") is None:
        raise WeightsError(
            f"{what}: needs the library transformers, which is not installed; run: pip install {TRANSFORMERS}"
        )
    if not folder.is_dir():
        raise WeightsError(
            f"{what}: weights: expected the folder {folder}, found {'a file' if folder.exists() else 'nothing'}; "
            f"correct the path in the settings, or put {CONFIG} and {WEIGHTS} there. {_OBTAIN}"
        )
    if not (folder / CONFIG).is_file():
        raise WeightsError(
            f"{what}: expected {folder / CONFIG}, found no such file; give a folder as transformers saves it. {_OBTAIN}"
        )
    if not settings.weights_file.is_file():
        raise WeightsError(f"{what}: expected {settings.weights_file}, {_instead(folder)}")
    config = read_json(folder / CONFIG, "obtain it again")
    if config.get("model_type") != settings.kind:
        raise WeightsError(
            f"{folder / CONFIG}: expected model_type {settings.kind!r}, found {config.get('model_type')!r}; correct "
            "`kind` or `weights` in the settings"
        )
    return config


def _instead(folder: Path) -> str:
    """What lies there in place of the file of tensors, and what to do about it."""
    if (folder / _PICKLE).is_file():
        return (
            f"found {_PICKLE}, which is a pickle, could execute code and is never read; obtain the publisher's "
            f"{WEIGHTS}, or, if you trust the file, load and save_pretrained it with transformers yourself"
        )
    if (folder / _CUT_UP).is_file():
        return (
            f"found {_CUT_UP}: weights in several files, which are not read; save them as one with transformers' "
            "save_pretrained and a max_shard_size that is large enough"
        )
    return f"found no such file; put it there. {_OBTAIN}"
