"""What every network of the baselines must manage: learn eight random clips by heart."""

import torch
from torch.nn import functional


def random_poses(num_clips, num_frames, num_joints, seed=0):
    """Clips (N, 3, T, V) of x, y in pixels and a score, with some joints not found."""
    generator = torch.Generator().manual_seed(seed)
    poses = torch.rand(num_clips, 3, num_frames, num_joints, generator=generator)
    poses[:, :2] *= 100
    poses[:, 2] = 0.3 + 0.7 * poses[:, 2]
    lost = torch.rand(num_clips, 1, num_frames, num_joints, generator=generator) < 0.1
    return poses.masked_fill(lost, 0.0)


def accuracy_after_training(network, poses, labels, steps, learning_rate):
    """Fraction of clips right, in evaluation mode, after full-batch steps of Adam; gradients must be finite."""
    optimiser = torch.optim.Adam(network.parameters(), lr=learning_rate)
    network.train()
    for _ in range(steps):
        optimiser.zero_grad()
        functional.cross_entropy(network(poses), labels).backward()
        for name, parameter in network.named_parameters():
            assert parameter.grad is not None, f"{name} has no gradient"
            assert parameter.grad.isfinite().all(), name
        optimiser.step()
    with torch.no_grad():
        return (network.eval()(poses).argmax(dim=1) == labels).float().mean().item()


def size_of(network):
    """Number of trained numbers."""
    return sum(parameter.numel() for parameter in network.parameters())
