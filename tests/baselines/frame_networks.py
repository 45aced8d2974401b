"""What tests of several frame networks share: a small backbone, and learning 8 samples by heart."""

import torch

from vpdlib.baselines.backbones import build_backbone

#: Settings of a frame network with it.
SMALL_BACKBONE = {"weights": None, "backbone": "residual", "widths": [8, 16], "blocks": [1, 1]}


def small_backbone(num_channels=3, widths=(8, 16)):
    return build_backbone("residual", num_channels, widths=widths, blocks=(1,) * len(widths))


def random_state(module, seed=0):
    """Give all weights and statistics values as after training, none of them zero or one."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, tensor in module.state_dict().items():
            if name.endswith("running_var"):
                tensor.copy_(0.5 + torch.rand(tensor.shape, generator=generator))
            elif tensor.is_floating_point():
                tensor.copy_(0.5 * torch.randn(tensor.shape, generator=generator))
    return module


def clips_of_either_order():
    """Eight clips of 4 frames; those of class 1 are those of class 0, backwards, so no mean tells them apart."""
    clips = torch.rand(2, 4, 3, 24, 24)
    pairs = torch.stack([clips[0], clips[0].flip(0), clips[1], clips[1].flip(0)])
    return pairs.repeat(2, 1, 1, 1, 1)


def steps_to_learn_by_heart(network, clips, most=200, rate=3e-3):
    """Train on 8 random clips with 8 labels; return the steps until all are right in evaluation.

    Evaluation checks what testing uses (running statistics, fixed subsets), not the training pass.
    """
    torch.manual_seed(0)
    labels = torch.arange(8) % 4
    optimizer = torch.optim.Adam(network.parameters(), lr=rate)
    for step in range(1, most + 1):
        network.train()
        loss = torch.nn.functional.cross_entropy(network(clips), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % 5 == 0:
            network.eval()
            with torch.no_grad():
                if (network(clips).argmax(1) == labels).all():
                    return step
    raise AssertionError(f"8 clips not learnt in {most} steps, loss {loss.item():.3f}")
