"""The embedded networks: what they are, where they come from, fetching, conversion and checking.

Importing this package imports nothing heavy: the workflow checks the networks while it is parsed.
"""

from vpdlib.weights.check import WeightsError, verify
from vpdlib.weights.registry import NETWORKS, Network, NetworkFile

__all__ = ["NETWORKS", "Network", "NetworkFile", "WeightsError", "verify"]
