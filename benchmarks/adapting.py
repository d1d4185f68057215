"""Adapts the sentence encoder to the planner's wishes: low-rank adapters (LoRA) and one attending head a wish.

Works in bfloat16 on one processor, as fast as its matrix units are; the same seed gives the same weights.
"""

import math
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.fitting import Targets
from graph.offline.meaning import Heads, Learned
from tools.experts.packed import Packed
from tools.experts.transformer import MATRICES

LAYERS, FROZEN, RANK = 8, 2, 16  # layers used of the encoder's twelve, the first of them as they are
BATCH, WARM = 32, 60  # requests a step, and the steps in which the rate of learning grows
RATE, EPOCHS = 1e-3, 6  # the adapters' rate (thrice that for the heads), and how often each request is seen
AGAIN = 0.5  # of rate and epochs where something was learned before
_BESIDE = 0.3  # how much a wish by itself counts in the loss, beside the set that it is in
_FAR = -1e9
_HALF = torch.bfloat16


@dataclass(frozen=True)
class Heard:
    """A request as the encoder reads it: the numbers of its pieces, and what came with it."""

    pieces: list[int]
    given: NDArray[np.float32]


class _Adapted(nn.Module):  # type: ignore[misc]  # torch is checked as Any
    """A linear map with an adapter, which begins as none."""

    def __init__(self, weight: NDArray[np.float32], bias: NDArray[np.float32], rank: int) -> None:
        super().__init__()
        self.weight, self.bias = torch.tensor(weight).to(_HALF), torch.tensor(bias).to(_HALF)
        if rank:
            self.down = nn.Parameter(torch.randn(rank, weight.shape[1]) / math.sqrt(weight.shape[1]))
            self.up = nn.Parameter(torch.zeros(weight.shape[0], rank))
        self.rank = rank

    def forward(self, states: Tensor) -> Tensor:
        made = functional.linear(states, self.weight, self.bias)
        if not self.rank:
            return made
        return made + functional.linear(functional.linear(states, self.down.to(_HALF)), self.up.to(_HALF))


class _Layer(nn.Module):  # type: ignore[misc]
    """A layer of the encoder, as ``tools.experts.transformer`` computes it."""

    def __init__(self, packed: Packed, number: int, rank: int) -> None:
        super().__init__()
        self.heads, self.width, self.epsilon = packed.heads, packed.width, packed.epsilon
        for name in MATRICES:
            weight = packed.tensor(f"l{number}.{name}.w", packed.inner if name == "fo" else packed.width)
            setattr(self, name, _Adapted(weight, packed.tensor(f"l{number}.{name}.b", 1)[:, 0], rank))
        self.norms = [_norm(packed, f"l{number}.{name}", _HALF) for name in ("aln", "oln")]

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        count, length, width = states.shape
        size = width // self.heads
        q, k, v = (
            getattr(self, name)(states).view(count, length, self.heads, size).transpose(1, 2).reshape(-1, length, size)
            for name in "qkv"
        )
        likeness = torch.bmm(q, k.transpose(1, 2)) / math.sqrt(size)
        share = (likeness.view(count, self.heads, length, length) + mask).softmax(-1).view(-1, length, length)
        taken = torch.bmm(share, v).view(count, self.heads, length, size).transpose(1, 2).reshape(count, length, width)
        states = functional.layer_norm(states + self.ao(taken), (width,), *self.norms[0], self.epsilon)
        inner = functional.gelu(self.fi(states), approximate="tanh")
        return functional.layer_norm(states + self.fo(inner), (width,), *self.norms[1], self.epsilon)


class Network(nn.Module):  # type: ignore[misc]
    """The encoder with its adapters, and the heads."""

    def __init__(self, packed: Packed, wishes: int, kinds: int) -> None:
        super().__init__()
        self.packed, self.first = packed, _norm(packed, "emb.ln", torch.float32)
        self.places = torch.tensor(packed.tensor("emb.pos", packed.width) + packed.tensor("emb.type", packed.width)[0])
        self.layers = nn.ModuleList(_Layer(packed, n, RANK if n >= FROZEN else 0) for n in range(LAYERS))
        self.seeks = nn.Parameter(torch.randn(wishes, packed.width) * 0.02)
        self.says = nn.Parameter(torch.zeros(wishes, packed.width))
        self.given = nn.Parameter(torch.zeros(wishes, kinds))
        self.bias = nn.Parameter(torch.full((wishes,), -2.0))
        self.dropout = nn.Dropout(0.1)

    def forward(self, heard: Sequence[Heard]) -> Tensor:
        """The log-odds of each wish, shape (requests, wishes)."""
        embedded, there = self._embedded(heard)
        mask = ((~there).to(_HALF) * -1e4)[:, None, None, :]
        states = functional.layer_norm(embedded, (self.packed.width,), *self.first, self.packed.epsilon).to(_HALF)
        for layer in self.layers:
            states = layer(states, mask)
        states = self.dropout(states.float())
        share = (states @ self.seeks.T).masked_fill(~there[:, :, None], _FAR).softmax(1)
        kinds = torch.tensor(np.array([request.given for request in heard]))
        return (share * (states @ self.says.T)).sum(1) + kinds @ self.given.T + self.bias

    def _embedded(self, heard: Sequence[Heard]) -> tuple[Tensor, Tensor]:
        longest = max(len(request.pieces) for request in heard)
        numbers = np.zeros((len(heard), longest), np.int64)
        for row, request in enumerate(heard):
            numbers[row, : len(request.pieces)] = request.pieces
        known, where = np.unique(numbers, return_inverse=True)
        embedded = torch.tensor(self.packed.embeddings(known.tolist())[where.reshape(numbers.shape)])
        lengths = torch.tensor([len(request.pieces) for request in heard])
        return embedded + self.places[:longest], torch.arange(longest)[None, :] < lengths[:, None]

    def begin(self, types: tuple[str, ...], learned: Learned) -> None:
        """Begin with what was learned before, the heads of wishes that are new with nothing."""
        heads, _, adapters = learned
        known = [(types.index(name), number) for number, name in enumerate(heads.types) if name in types]
        rows, columns = zip(*known, strict=True)
        with torch.no_grad():
            for name in ("seeks", "says", "given", "bias"):
                getattr(self, name)[list(rows)] = torch.tensor(getattr(heads, name)[list(columns)])
            for name, (down, up) in adapters.items():
                number, _, matrix = name.partition(".")
                map_ = getattr(self.layers[int(number)], matrix)
                map_.down.copy_(torch.tensor(down))
                map_.up.copy_(torch.tensor(up))

    def learned(self, types: tuple[str, ...]) -> Learned:
        """What was learned, as ``graph.offline.meaning`` keeps it."""
        heads = Heads(types, *(tensor.detach().numpy() for tensor in (self.seeks, self.says, self.given, self.bias)))
        adapters = {
            f"{number}.{name}": (map_.down.detach().numpy(), map_.up.detach().numpy())
            for number, layer in enumerate(self.layers)
            for name in MATRICES
            if (map_ := getattr(layer, name)).rank
        }
        return heads, LAYERS, adapters


def _norm(packed: Packed, name: str, kind: torch.dtype) -> tuple[Tensor, Tensor]:
    scale, shift = (torch.tensor(packed.tensor(f"{name}.{part}", packed.width)[0]).to(kind) for part in "wb")
    return scale, shift


def adapt(
    heard: Sequence[Heard],
    targets: Targets,
    types: tuple[str, ...],
    sets: NDArray[np.float32],
    prior: NDArray[np.float32],
    before: Learned | None = None,
) -> Learned:
    """Train on the requests: the loss is that of ``fitting.fit_sets``; AdamW, its rate falling to 0.

    What was learned ``before`` is learned on from, at a lower rate and for fewer epochs.
    """
    torch.manual_seed(0)
    torch.set_num_threads(1)
    network, rate, epochs = Network(Packed(), len(types), len(heard[0].given)), RATE, EPOCHS
    if before:
        network.begin(types, before)
        rate, epochs = AGAIN * RATE, round(AGAIN * EPOCHS)
    adapters = [weight for name, weight in network.named_parameters() if name.endswith((".down", ".up"))]
    heads = [network.seeks, network.says, network.given, network.bias]
    groups = [{"params": adapters, "lr": rate}, {"params": heads, "lr": 3 * rate}]
    optimizer = torch.optim.AdamW(groups, betas=(0.9, 0.98), weight_decay=0.01)
    steps = epochs * -(-len(heard) // BATCH)
    falling = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda n: min(1, (n + 1) / WARM) * max(0, 1 - n / steps))
    shuffled = random.Random(0)
    for epoch in range(epochs):
        started, total = time.monotonic(), 0.0
        for batch in _batches(heard, shuffled):
            loss = _loss(network([heard[n] for n in batch]), batch, targets, torch.tensor(sets), torch.tensor(prior))
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            falling.step()
            total += loss.item() * len(batch) / len(heard)
        print(f"epoch {epoch}: loss {total:.3f}, {time.monotonic() - started:.0f} s", flush=True)
    return network.learned(types)


def _batches(heard: Sequence[Heard], shuffled: random.Random) -> Iterator[list[int]]:
    """All requests once, those of a length together."""
    order = shuffled.sample(range(len(heard)), len(heard))
    pools = [order[start : start + 20 * BATCH] for start in range(0, len(order), 20 * BATCH)]
    alike = [sorted(pool, key=lambda n: len(heard[n].pieces)) for pool in pools]
    batches = [pool[start : start + BATCH] for pool in alike for start in range(0, len(pool), BATCH)]
    yield from shuffled.sample(batches, len(batches))


def _loss(odds: Tensor, batch: list[int], targets: Targets, sets: Tensor, prior: Tensor) -> Tensor:
    right, possible, alone = (torch.tensor(array[batch]) for array in (targets.right, targets.possible, targets.alone))
    scores = (odds @ sets.T + prior).masked_fill(~possible, _FAR)
    judged = right.any(1) & ~alone
    share = scores.logsumexp(1) - scores.masked_fill(~right, _FAR).logsumexp(1)
    single = functional.binary_cross_entropy_with_logits(odds, torch.tensor(targets.single[batch]), reduction="none")
    single = (single * torch.tensor(targets.clear[batch])).sum(1) * torch.where(alone, 1.0, _BESIDE)
    return (torch.where(judged, share, 0.0) + single).mean()
