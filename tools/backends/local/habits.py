"""How each family of diffusion models wants to be called: steps, guidance, size, and the speed of its films."""

import inspect
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tools.settings import settings

_MOST_STEPS = 30  # of a model that is not distilled: more change little
_PIXELS = 1024 * 1024
# Models distilled to few steps, by name as their cards ask for it: steps, and guidance
_DISTILLED: tuple[tuple[str, int, float], ...] = (
    (r"z-image-turbo", 9, 0.0),
    (r"sana.*sprint", 2, 4.5),
    (r"flux\.?2.*klein", 4, 1.0),
    (r"ltx.*distilled", 8, 1.0),
    (r"sdxl-turbo|sd-turbo", 2, 0.0),
    (r"turbo|schnell|lightning|hyper-sd", 4, 0.0),
    (r"lcm|dmd|distill", 4, 1.0),
)
# Frames a second that a family was trained to film, by how its pipelines' names begin
_FPS: Mapping[str, float] = {
    "Allegro": 15,
    "HunyuanVideo": 15,
    "Kandinsky5": 24,
    "LTX": 24,
    "Mochi": 30,
    "SkyReels": 24,
    "StableVideoDiffusion": 7,
    "Wan": 16,
}
_USUAL_FPS = 8.0


@dataclass(frozen=True)
class Habits:
    """What a pipeline is called with. ``guidance`` is None where its own default is best.

    ``pixels`` are those of the pictures it was trained on, whose sides are multiples of ``multiple``; ``fps`` are the
    frames a second of its films.
    """

    steps: int
    guidance: float | None
    pixels: int
    multiple: int
    fps: float
    device: str = "cpu"

    @property
    def arguments(self) -> dict[str, Any]:
        """The keyword arguments of a call."""
        guidance = {} if self.guidance is None else {"guidance_scale": self.guidance}
        return {"num_inference_steps": self.steps, **guidance}


def habits(model: str, pipe: Any) -> Habits:
    """How to call a loaded pipeline, from its name, its parts' configurations and its class's own defaults."""
    few = _distilled(model, pipe)
    own = _default(pipe, "num_inference_steps") or _MOST_STEPS
    steps = min(few[0], settings().steps or few[0]) if few else settings().steps or min(own, _MOST_STEPS)
    return Habits(steps, few[1] if few else None, _pixels(pipe), _multiple(pipe), _fps(pipe))


def parameters(pipe: Any) -> Mapping[str, inspect.Parameter]:
    """The arguments that a pipeline takes."""
    return inspect.signature(type(pipe).__call__).parameters


def _distilled(model: str, pipe: Any) -> tuple[int, float] | None:
    name = f"{model} {pipe.config.get('_name_or_path') or ''}".lower().rsplit("models--", 1)[-1]
    if known := next(((steps, guidance) for names, steps, guidance in _DISTILLED if re.search(names, name)), None):
        return known
    if type(pipe.scheduler).__name__ == "LCMScheduler":
        return 4, 1.0
    schnell = type(pipe).__name__.startswith("Flux") and _config(pipe, "transformer", "guidance_embeds") is False
    return (4, 0.0) if schnell and not type(pipe).__name__.startswith("Flux2") else None


def _pixels(pipe: Any) -> int:
    """Of the pipeline's own default size, or of the latents that its network was trained on."""
    if (height := _default(pipe, "height")) and (width := _default(pipe, "width")):
        return int(height) * int(width)
    latent = _config(pipe, "unet", "sample_size") or getattr(pipe, "default_sample_size", None)
    return (latent * getattr(pipe, "vae_scale_factor", 8)) ** 2 if isinstance(latent, int) else _PIXELS


def _multiple(pipe: Any) -> int:
    """What the sides must be multiples of: the autoencoder's scale, twice where latents are taken in patches of two."""
    if ratio := getattr(pipe, "vae_spatial_compression_ratio", None):  # LTX, whose patches are single latents
        return int(ratio)
    scale = getattr(pipe, "vae_scale_factor_spatial", None) or getattr(pipe, "vae_scale_factor", None) or 8
    return int(scale) * 2


def _fps(pipe: Any) -> float:
    if rate := _default(pipe, "frame_rate"):
        return float(rate)
    if _config(pipe, "vae", "z_dim") == 48:  # Wan 2.2's smaller model, with its own autoencoder
        return 24.0
    return next((fps for name, fps in _FPS.items() if type(pipe).__name__.startswith(name)), _USUAL_FPS)


def _default(pipe: Any, name: str) -> Any:
    default = parameters(pipe)[name].default if name in parameters(pipe) else None
    return None if default is inspect.Parameter.empty else default


def _config(pipe: Any, part: str, name: str) -> Any:
    return getattr(getattr(getattr(pipe, part, None), "config", None), name, None)
