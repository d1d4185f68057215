"""How much of a cluster's node a model gets: by the memory that its weights take, told from their files' heads."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tools.backends.local.checkpoint import open_checkpoint
from tools.backends.local.recipes import RECIPES
from tools.errors import OutOfMemory
from tools.protocol import Candidate

WEIGHTS = 0.6  # of a replica's memory, as on one machine; the rest is for activations and everything else
_LEAST = 2  # GiB of the smallest replica, which also holds torch itself
_EIGHTHS = 8  # cards are shared by eighths


@dataclass(frozen=True)
class Node:
    """A machine of the cluster: its address, processor cores, memory in bytes, cards and the memory of each."""

    name: str
    cores: float
    memory: int
    cards: float = 0
    card: int = 0

    @property
    def summary(self) -> str:
        """What it has, in words."""
        cards = f", {self.cards:g} cards of {self.card / 2**30:.0f} GiB" if self.cards else ""
        return f"{self.cores:g} cores, {self.memory / 2**30:.1f} GiB for models{cards}"


@dataclass(frozen=True)
class Size:
    """A replica's share of a node: GiB of its memory, or of its card's."""

    gibibytes: int
    cores: float
    cards: float = 0

    @property
    def name(self) -> str:
        """The name of the application whose replicas have this size."""
        return f"hugginggpt-{'card' if self.cards else 'cpu'}-{self.gibibytes}g"

    @property
    def weights(self) -> float:
        """GiB that all models of a replica may take together."""
        return self.gibibytes * WEIGHTS

    @property
    def resources(self) -> dict[str, float]:
        """What Ray sets aside for a replica: threads as its part of the cores, and its memory or its part of a card."""
        if self.cards:
            return {"num_cpus": self.cores, "num_gpus": self.cards}
        return {"num_cpus": self.cores, "memory": self.gibibytes * 2**30}


def size_for(model: str, weights: int, nodes: Sequence[Node], least: int = 0) -> Size:
    """The smallest replica for so many bytes of weights, of ``least`` GiB: on a card, else on processors.

    Sizes are powers of two, so that models of about one size share replicas, or all that the largest node has.

    Raises OutOfMemory where no node is so large.
    """
    needed = max(_LEAST, least, math.ceil(weights / WEIGHTS / 2**30))
    rounded = 2 ** math.ceil(math.log2(needed))
    cards = [node for node in nodes if node.cards and node.card >= needed * 2**30]
    if cards:
        node = max(cards, key=lambda machine: machine.card)
        gibibytes = min(rounded, node.card // 2**30)
        eighths = math.ceil(_EIGHTHS * gibibytes * 2**30 / node.card)
        return Size(gibibytes, node.cores / node.cards * eighths / _EIGHTHS, eighths / _EIGHTHS)
    node = max(nodes, key=lambda machine: machine.memory, default=Node("", 0, 0))
    if needed * 2**30 > node.memory:
        raise OutOfMemory(
            f"{model} needs {needed} GiB and the largest node of the Ray cluster has {node.memory / 2**30:.1f} GiB:"
            " choose a smaller model, or add a larger node."
        )
    gibibytes = min(rounded, node.memory // 2**30)
    return Size(gibibytes, node.cores * gibibytes * 2**30 / node.memory)


def weigh(candidate: Candidate, parts: Mapping[str, str], fetch: bool, half: bool) -> int:
    """Bytes of the weights of a model and its parts, of which no more is read, or fetched, than their heads.

    They are counted in half precision where the cluster's cards would load them so. Raises ModelUnavailable.
    """
    halved = half and all(recipe.half for recipe in RECIPES.get(candidate.task, ()))
    named = [(candidate.model, candidate.revision), *((part, None) for part in parts.values())]
    checkpoints = (open_checkpoint(model, revision, may_download=fetch) for model, revision in named)
    return sum(checkpoint.bytes("bfloat16" if halved else "float32") for checkpoint in checkpoints)
