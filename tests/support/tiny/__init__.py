"""Tiny random models, one for every task type, built from configurations in a moment and saved as real checkpoints.

A name is a task type, with ``:variant`` where several kinds of model do the task.
"""

from pathlib import Path

VARIANTS = (
    "translation:marian",
    "image-segmentation:maskformer",
    "keypoint-detection:superpoint",
    "image-to-text:blip",
    "image-to-text:llava",
    "image-text-to-text:qwen2-vl",
    "visual-question-answering:blip",
    "visual-question-answering:llava",
    "document-question-answering:donut",
    "automatic-speech-recognition:whisper",
    "image-to-image:diffusion",
    "text-to-video:wan",
)


def build(name: str, root: Path) -> Path:
    """The folder of the tiny model of that name, built when it is first asked for; always the same weights."""
    folder = root / name.replace(":", "-")
    if not folder.exists():
        import torch

        from tests.support.tiny.builders import BUILDERS

        folder.mkdir(parents=True)
        torch.manual_seed(0)
        BUILDERS[name](folder)
    return folder
