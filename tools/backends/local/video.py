"""Video in, labels out."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tools.backends.local.placement import framework
from tools.backends.local.recipe import AutoRecipe, Inputs
from tools.files import frames
from tools.findings import labelled
from tools.protocol import Output


class VideoClassification(AutoRecipe):
    """What happens in a video, from frames spread evenly over it."""

    tasks: tuple[str, ...] = ("video-classification",)
    autos = ("AutoModelForVideoClassification",)
    processor = "AutoImageProcessor"
    batch = 4

    def run(self, model: Any, batch: Sequence[Inputs]) -> Sequence[Output]:
        """All videos of a batch together: the processor makes their frames of one size."""
        torch, (processor, network) = framework(), model
        config: Any = network.config
        count = int(getattr(config, "num_frames", None) or getattr(config, "frames_per_clip", None) or 16)
        pixels = processor([frames.spread(Path(b["video"]), count) for b in batch], return_tensors="pt")
        with torch.inference_mode():
            scores = network(**pixels.to(network.device, network.dtype)).logits.float().softmax(-1).tolist()
        names = network.config.id2label
        return [labelled([{"label": names[i], "score": s} for i, s in enumerate(row)]) for row in scores]
