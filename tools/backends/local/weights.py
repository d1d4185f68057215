"""Which files of a repository are the weights that loading reads, told by their names alone."""

import re
from collections import defaultdict
from collections.abc import Collection, Sequence

Files = tuple[str, ...]
# model.safetensors, diffusion_pytorch_model.fp16.safetensors, model-00001-of-00002.safetensors, and shards of variants
_NAME = re.compile(
    r"(?P<stem>model|diffusion_pytorch_model)(?:\.(?P<variant>\w+))?"
    r"(?:-\d+-of-(?P<shards>\d+))?(?:\.(?P<late>\w+))?\.safetensors"
)
_MODULE = re.compile(r"\d+_\w+/[^/]+")  # a layer of a sentence-transformers model, such as 2_Dense/model.safetensors


def chosen(names: Collection[str], parts: Sequence[str], variants: Sequence[str]) -> tuple[Files, str | None]:
    """The weights to read, of every part's folder, and the name of a shard that should be there and is not.

    ``variants`` are the suffixes of names, such as ``fp16`` for weights saved in half precision, the best first.
    """
    if skops := sorted(name for name in names if name.endswith(".skops") and "/" not in name):
        return tuple(skops), None
    files: list[str] = []
    for part in parts:
        start = f"{part}/" if part else ""
        weights, missing = _of_one([name.removeprefix(start) for name in names if _in(name, start)], variants)
        if missing:
            return (), start + missing
        files += [start + name for name in weights]
    modules = [name for name in names if _MODULE.fullmatch(name) and name.endswith("/model.safetensors")]
    return (*files, *(sorted(modules) if files and not parts[0] else ())), None


def _in(name: str, start: str) -> bool:
    return name.startswith(start) and "/" not in name[len(start) :]


def _of_one(names: Collection[str], variants: Sequence[str]) -> tuple[Sequence[str], str | None]:
    """The weights of one folder: of one stem and variant, whole or in all its shards."""
    groups: dict[tuple[str, str], list[tuple[str, int]]] = defaultdict(list)
    for name in sorted(names):
        if match := _NAME.fullmatch(name):
            variant = match["variant"] or match["late"] or ""
            groups[match["stem"], variant].append((name, int(match["shards"] or 0)))
    for variant in variants:
        for stem in ("model", "diffusion_pytorch_model"):
            if group := groups.get((stem, variant)):
                return _whole(group)
    return (), None


def _whole(group: Sequence[tuple[str, int]]) -> tuple[Sequence[str], str | None]:
    if whole := [name for name, shards in group if not shards]:
        return whole, None
    names, shards = [name for name, _ in group], max(shards for _, shards in group)
    numbered = (re.sub(r"-\d+-of-", f"-{number:05}-of-", names[0]) for number in range(1, shards + 1))
    return names, next((name for name in numbered if name not in names), None)
