"""Train a view-invariant pose embedding on 3D motions."""

from pathlib import Path

import _job

from vpdlib.config.base import validate
from vpdlib.devices import choose_device
from vpdlib.progress import note
from vpdlib.training.state import resume_or_start
from vpdlib.vipe.collect import collect_motions
from vpdlib.vipe.model_settings import VipeModelSettings
from vpdlib.vipe.motions import leave_out, split_by_subject
from vpdlib.vipe.save import save_vipe
from vpdlib.vipe.train import train_vipe


def main(snakemake):
    settings = validate(VipeModelSettings, snakemake.params.settings, "settings of VIPE*")
    # Body models follow the motions, in the order of the sources that need them.
    paths = [Path(path) for path in snakemake.input]
    others = iter(paths[len(settings.motions) :])
    body_models = [next(others) if source.kind == "amass" else None for source in settings.motions]
    motions = collect_motions(settings.motions, paths[: len(settings.motions)], body_models)
    motions = leave_out(motions, settings.leave_out)
    train, val = split_by_subject(motions, settings.val_subjects, settings.val_fraction)
    note(
        f"{len(train)} motions to learn from; held out: {sorted({(m.source, m.subject) for m in val})}"
    )
    folder = Path(snakemake.output[0])
    device = choose_device(_job.device(snakemake))
    saved_state = _job.state_path(snakemake, folder, device)
    model = resume_or_start(
        lambda path: train_vipe(
            train,
            val,
            settings.training,
            device=device,
            threads=snakemake.threads,
            state_path=path,
        ),
        saved_state,
    )
    save_vipe(folder, model)
    _job.discard_states(folder)


if __name__ == "__main__":
    _job.run(main)
