"""Packages that some models need beside transformers and diffusers, as their configurations tell."""

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

_QUANTISERS = {
    "awq": "gptqmodel",
    "bitsandbytes": "bitsandbytes",
    "compressed-tensors": "compressed_tensors",
    "eetq": "eetq",
    "gptq": "gptqmodel",
    "hqq": "hqq",
    "quanto": "optimum.quanto",
    "torchao": "torchao",
}
_TIMM = (
    "is built on timm: install the packages timm and torchvision, both made for this torch, or choose another model."
)


def lacks(config: Mapping[str, Any]) -> str | None:
    """What a model of this configuration needs and is not here, such as ``is quantised ...``, or None."""
    method = str((config.get("quantization_config") or {}).get("quant_method", "")).lower()
    package = _QUANTISERS.get(method)
    if package and not _here(package):
        return f"is quantised by {method}, which needs the package {package}: install it, or choose another model."
    return _TIMM if _on_timm(config) and not _here("timm") else None


def _on_timm(config: Mapping[str, Any]) -> bool:
    """Whether the images are first seen by a network of timm's, as in many DETR detectors."""
    backbone = config.get("backbone_config") or {}
    kind = str(config.get("model_type", "")), str(backbone.get("model_type", ""))
    old = bool(config.get("use_timm_backbone")) and not backbone
    return old or "timm_backbone" in kind or "timm_wrapper" in kind


def _here(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except ModuleNotFoundError:  # of a package that the name begins with
        return False
