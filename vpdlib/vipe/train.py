"""Training of VIPE* on 3D motions.

Motions are (T, 13, 3) metres, z up. Recipe of the paper (docs/method.md section 6): AdamW at a
constant rate on random pairs of views; after every epoch a fixed choice of pairs of other people's
motions is measured, and the epoch of the lowest loss is kept.

Everything random of an epoch, dropout too, comes from generators seeded by (seed, epoch), so that a
saved state needs no generator states, and training resumed from any saved state gives, on a CPU with
the same number of threads, the same weights to the bit. Random states of the caller stay as they
were.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from vpdlib.progress import note
from vpdlib.training.best_epoch import Score
from vpdlib.training.epochs import Entry, Training, run_epochs
from vpdlib.training.precision import amp_dtype
from vpdlib.training.reproducible import seeded, torch_threads
from vpdlib.vipe.loss import VipeLoss, vipe_loss
from vpdlib.vipe.motions import Motion
from vpdlib.vipe.network import TrainedVipe, VipeDecoder, VipeEncoder, build_vipe
from vpdlib.vipe.npz import MotionError
from vpdlib.vipe.sampling import Pairs, PoseBank, draw_pairs
from vpdlib.vipe.settings import VipeSettings

#: Batches that are drawn at once: large enough for NumPy, small enough for the memory.
_BATCHES_AT_ONCE = 20
#: Pairs that are measured at once.
_VAL_BATCH = 1000
#: Keys of a history entry.
HISTORY_COLUMNS = (
    "epoch",
    "train_loss",
    "val_loss",
    "val_positive",
    "val_negative",
    "val_features",
    "seconds",
)


def train_vipe(
    train_motions: Sequence[Motion],
    val_motions: Sequence[Motion],
    settings: VipeSettings,
    device: str = "cpu",
    threads: int = 1,
    state_path: Path | None = None,
    on_epoch: Callable[[Entry], None] | None = None,
    save_every_s: float = 60.0,
) -> TrainedVipe:
    """Train a view-invariant pose embedding.

    Parameters
    ----------
    train_motions, val_motions : motions to learn from and to hold out, of different people; see
        ``vpdlib.vipe.motions.split_by_subject``.
    settings : network, cameras, pairs, training.
    device : "cpu", "cuda", "cuda:1", ...
    threads : CPU threads of torch.
    state_path : where to resume from, if the file is there, and to save to; None for neither.
    on_epoch : called with the history entry of each finished epoch, keys `HISTORY_COLUMNS`.
    save_every_s : seconds between saved states; 0 writes one after every epoch.

    Returns
    -------
    TrainedVipe : on `device`, in evaluation mode.

    Raises
    ------
    MotionError : one side has no motion, or a person is on both; or `source_share` names other sources than
        those of the training motions.
    ValueError : the saved state belongs to another training.
    NonFiniteLossError : a loss became NaN or infinite.
    """
    people = [{(m.source, m.subject) for m in side} for side in (train_motions, val_motions)]
    both = sorted(people[0] & people[1])
    if both:
        raise MotionError(
            f"{len(both)} people are in the training and the validation motions, such as "
            f"{both[0]}; use split_by_subject"
        )
    _check_fractions(settings, {motion.source for motion in train_motions})
    with torch_threads(threads):
        run = _Run.start(train_motions, val_motions, settings, torch.device(device))
        best_epoch = run_epochs(
            run,
            settings.epochs,
            "training VIPE*",
            identity=_identity(run.bank, run.val_bank, settings),
            state_path=state_path,
            save_every_s=save_every_s,
            note_epochs=True,
            on_epoch=on_epoch,
        )
    return TrainedVipe(settings, run.encoder, run.decoder, best_epoch, run.history).to(device)


@dataclass(kw_only=True)
class _Run(Training):
    """One training of VIPE*."""

    what = "VIPE*"

    encoder: VipeEncoder
    decoder: VipeDecoder
    settings: VipeSettings
    bank: PoseBank
    val_bank: PoseBank
    val_pairs: Pairs

    @classmethod
    def start(
        cls,
        train_motions: Sequence[Motion],
        val_motions: Sequence[Motion],
        settings: VipeSettings,
        device: torch.device,
    ) -> _Run:
        """Build networks and optimiser, gather the frames, choose the validation pairs."""
        encoder, decoder = build_vipe(settings)
        network = nn.ModuleList([encoder, decoder]).to(device)
        val_bank = PoseBank.build(val_motions)
        val_rng = np.random.default_rng([settings.seed, 0])
        return cls(
            network=network,
            optimizer=torch.optim.AdamW(
                network.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay
            ),
            amp_dtype=amp_dtype(device, settings.amp),
            encoder=encoder,
            decoder=decoder,
            settings=settings,
            bank=PoseBank.build(train_motions),
            val_bank=val_bank,
            val_pairs=draw_pairs(
                val_bank, val_rng, settings.val_samples, _val_settings(settings, val_bank)
            ),
        )

    def train_pass(self, epoch: int) -> Entry:
        """Learn from random pairs of views."""
        settings = self.settings
        rng = np.random.default_rng([settings.seed, 1, epoch])
        dropout_seed = int(rng.integers(2**62))
        # Whole batches only: batch statistics of a very small last batch would be poor.
        num_steps = settings.samples_per_epoch // settings.batch_size
        total = torch.zeros((), dtype=torch.float64, device=self.device)
        with seeded(dropout_seed, self.device):
            for done in range(0, num_steps, _BATCHES_AT_ONCE):
                steps = min(_BATCHES_AT_ONCE, num_steps - done)
                pairs = draw_pairs(self.bank, rng, steps * settings.batch_size, settings)
                for batch in self._batches(pairs, settings.batch_size):
                    loss = self._loss(*batch).total
                    self.descend(loss)
                    total += loss.detach()
        return {"train_loss": total.item() / num_steps}

    def val_pass(self, epoch: int) -> tuple[Entry, Score | None]:
        """Measure the chosen pairs of views."""
        totals = torch.zeros(3, dtype=torch.float64, device=self.device)
        for batch in self._batches(self.val_pairs, _VAL_BATCH):
            totals += torch.stack(self._loss(*batch)).double() * len(batch[1])
        positive, negative, features = (totals / len(self.val_pairs.frame)).tolist()
        loss = positive + negative + features
        self.require_finite("validation loss", loss, epoch)
        of_parts = dict(val_positive=positive, val_negative=negative, val_features=features)
        return {"val_loss": loss, **of_parts}, (-loss,)

    def _batches(
        self, pairs: Pairs, size: int
    ) -> Iterator[tuple[torch.Tensor, torch.Tensor, torch.Tensor]]:
        """Views (3, b, 39), validity (b,) and targets (b, 91) of `size` pairs at a time."""
        views = torch.from_numpy(pairs.views).to(self.device)
        is_valid = torch.from_numpy(pairs.is_valid).to(self.device)
        target = torch.from_numpy(pairs.target).to(self.device)
        for start in range(0, len(pairs.frame), size):
            part = slice(start, start + size)
            yield views[:, part], is_valid[part], target[part]

    def _loss(self, views: torch.Tensor, is_valid: torch.Tensor, target: torch.Tensor) -> VipeLoss:
        count = len(is_valid)
        with self.autocast():
            # One pass for all views: batch statistics are of all, and it is faster than three.
            embedding = self.encoder(views.reshape(3 * count, -1))
            decoded = self.decoder(embedding[: 2 * count])
        first, second, negative = embedding.split(count)
        decoded_first, decoded_second = decoded.split(count)
        return vipe_loss(first, second, negative, is_valid, decoded_first, decoded_second, target)


def _check_fractions(settings: VipeSettings, sources: set[str]) -> None:
    """Refuse fractions of sources that are not there, and sources without one: each would be left out in silence."""
    named = set(settings.source_share)
    if named and named != sources:
        raise MotionError(
            f"source_share names {sorted(named)}, the training motions come from {sorted(sources)}: give each "
            "of these a fraction, 0 to leave it out, and no other"
        )


def _val_settings(settings: VipeSettings, val_bank: PoseBank) -> VipeSettings:
    """The settings, without fractions where these would leave nothing to validate on."""
    fraction = settings.source_share
    # What is held out may come from a source of its own, which has no fraction.
    if not fraction or any(fraction.get(name) for name in val_bank.sources):
        return settings
    note(
        f"source_share is 0 for all that is held out, {list(val_bank.sources)}: drawn evenly there"
    )
    return settings.model_copy(update={"source_share": {}})


def _identity(bank: PoseBank, val_bank: PoseBank, settings: VipeSettings) -> str:
    """Return a digest of what a saved state's training depends on."""
    # More epochs may be asked for later: the rate is constant.
    digest = hashlib.sha256(settings.model_dump_json(exclude={"epochs"}).encode())
    for each in (bank, val_bank):
        digest.update(repr(each.sources).encode())
        for array in (each.xyz, each.start, each.source):
            digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
