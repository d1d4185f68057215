"""The default models of every task type, judged one by one: good, small enough, with safetensors, permissive first.

This table is the judgement alone: the facts (size, licence, languages, architecture, weights) are those of the recorded
catalogue beside it, which ``python -m tools.models.record`` writes from the Hub's answers. Small, base and large models
are tried in that order without a GPU, and the other way round with one. A revision is pinned where transformers pins
it. Models built on timm, pickled weights and gated models are left out where there is another.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from tools.models.facts import Facts, recorded

Size = Literal["small", "base", "large"]
_DETECTOR = {"detector": "PekingU/rtdetr_r18vd_coco_o365"}


@dataclass(frozen=True)
class Default:
    """A model and what it is good for. ``parts`` names the further models that it needs."""

    model: str
    task: str
    size: Size
    description: str = ""
    revision: str | None = None
    parts: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def facts(self) -> Facts:
        """What is recorded of the model, whatever task it was recorded for."""
        return recorded(self.model)


_ROWS: Mapping[str, tuple[tuple[Any, ...], ...]] = {
    "text-classification": (
        ("small", "distilbert/distilbert-base-uncased-finetuned-sst-2-english", "positive or negative", "714eb0f"),
        ("base", "nlptown/bert-base-multilingual-uncased-sentiment", "one to five stars, six languages"),
        ("base", "papluca/xlm-roberta-base-language-detection", "20 languages"),
        ("base", "SamLowe/roberta-base-go_emotions", "28 emotions"),
        ("base", "unitary/toxic-bert", "six kinds of toxicity"),
    ),
    "token-classification": (
        ("base", "dslim/bert-base-NER"),
        ("large", "dslim/bert-large-NER"),
    ),
    "zero-shot-classification": (
        ("base", "MoritzLaurer/mDeBERTa-v3-base-mnli-xnli", "a hundred languages"),
        ("large", "facebook/bart-large-mnli", "", "d7645e1"),
    ),
    "question-answering": (
        ("small", "distilbert/distilbert-base-cased-distilled-squad"),
        ("base", "deepset/roberta-base-squad2", "knows when there is no answer"),
    ),
    "table-question-answering": (
        ("base", "google/tapas-base-finetuned-wtq", "", "e3dde19"),
        ("large", "google/tapas-large-finetuned-wtq"),
    ),
    "summarization": (
        ("small", "Falconsai/text_summarization"),
        ("large", "facebook/bart-large-cnn"),
    ),
    "translation": (
        ("small", "google-t5/t5-small", "English to German, French or Romanian"),
        ("base", "google-t5/t5-base", "English to German, French or Romanian"),
        ("large", "facebook/mbart-large-50-many-to-many-mmt", "any of 50 languages"),
    ),
    "text2text-generation": (
        ("small", "google/flan-t5-small"),
        ("base", "google/flan-t5-base"),
        ("large", "google/flan-t5-large"),
    ),
    "text-generation": (
        ("small", "HuggingFaceTB/SmolLM2-360M-Instruct"),
        ("base", "Qwen/Qwen3-0.6B"),
        ("large", "HuggingFaceTB/SmolLM3-3B", "", "a07cc9a"),
        ("large", "Qwen/Qwen3-4B-Instruct-2507"),
    ),
    "fill-mask": (
        ("small", "distilbert/distilroberta-base", "", "fb53ab8"),
        ("base", "answerdotai/ModernBERT-base", "reads 8192 tokens"),
        ("base", "FacebookAI/xlm-roberta-base", "a hundred languages"),
    ),
    "sentence-similarity": (
        ("small", "sentence-transformers/all-MiniLM-L6-v2"),
        ("base", "sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2", "50 languages"),
        ("large", "Qwen/Qwen3-Embedding-0.6B", "a hundred languages"),
    ),
    "text-ranking": (
        ("small", "cross-encoder/ms-marco-MiniLM-L6-v2"),
        ("base", "BAAI/bge-reranker-base", "English and Chinese"),
        ("large", "BAAI/bge-reranker-v2-m3", "a hundred languages"),
    ),
    "feature-extraction": (
        ("small", "BAAI/bge-small-en-v1.5"),
        ("base", "intfloat/multilingual-e5-small", "94 languages"),
        ("large", "Qwen/Qwen3-Embedding-0.6B", "a hundred languages"),
    ),
    "image-classification": (
        ("small", "microsoft/resnet-50", "1000 classes of ImageNet"),
        ("base", "google/vit-base-patch16-224", "1000 classes of ImageNet", "3f49326"),
    ),
    "zero-shot-image-classification": (
        ("base", "google/siglip2-base-patch16-224"),
        ("large", "openai/clip-vit-large-patch14"),
    ),
    "object-detection": (
        ("small", "PekingU/rtdetr_v2_r18vd", "80 classes of COCO"),
        ("small", "hustvl/yolos-tiny", "80 classes of COCO"),
        ("base", "PekingU/rtdetr_r50vd_coco_o365", "80 classes of COCO"),
    ),
    "zero-shot-object-detection": (
        ("base", "google/owlv2-base-patch16-ensemble"),
        ("base", "IDEA-Research/grounding-dino-tiny"),
    ),
    "image-segmentation": (
        ("small", "facebook/mask2former-swin-tiny-coco-panoptic", "things and stuff of COCO"),
        ("base", "facebook/mask2former-swin-tiny-coco-instance", "single objects of COCO"),
        ("large", "tue-mps/coco_panoptic_eomt_large_640", "things and stuff of COCO"),
    ),
    "mask-generation": (
        ("small", "Zigeng/SlimSAM-uniform-77"),
        ("base", "facebook/sam-vit-base"),
        ("large", "facebook/sam-vit-huge", "", "87aecf0"),
    ),
    "depth-estimation": (
        ("small", "depth-anything/Depth-Anything-V2-Small-hf"),
        ("large", "Intel/dpt-large", "", "bc15f29"),
    ),
    "keypoint-detection": (
        ("base", "usyd-community/vitpose-base-simple", "17 joints of every person", None, _DETECTOR),
    ),
    "image-to-text": (
        ("small", "HuggingFaceTB/SmolVLM-256M-Instruct", "describes, and reads short printed texts"),
        ("base", "microsoft/git-base-coco", "one plain sentence"),
        ("base", "microsoft/trocr-base-printed", "reads one printed line"),
        ("large", "Salesforce/blip-image-captioning-large", "one plain sentence"),
    ),
    "image-text-to-text": (
        ("small", "HuggingFaceTB/SmolVLM-256M-Instruct"),
        ("large", "Qwen/Qwen3-VL-2B-Instruct", "", "8964489"),
    ),
    "visual-question-answering": (
        ("small", "dandelin/vilt-b32-finetuned-vqa", "answers of one word"),
        ("base", "Salesforce/blip-vqa-base", "answers of a few words"),
        ("large", "Qwen/Qwen3-VL-2B-Instruct", "", "8964489"),
    ),
    "document-question-answering": (
        ("base", "impira/layoutlm-document-qa", "", "beed3c4"),
    ),
    "image-feature-extraction": (
        ("small", "facebook/dinov2-small"),
        ("base", "google/vit-base-patch16-224", "", "3f49326"),
    ),
    "image-to-image": (
        ("base", "stable-diffusion-v1-5/stable-diffusion-v1-5", "restyles"),
        ("large", "stabilityai/stable-diffusion-xl-base-1.0", "restyles"),
    ),
    "image-editing": (("base", "timbrooks/instruct-pix2pix"),),
    "image-to-video": (("large", "stabilityai/stable-video-diffusion-img2vid-xt", "25 frames"),),
    "text-to-image": (
        ("base", "stable-diffusion-v1-5/stable-diffusion-v1-5"),
        ("large", "stabilityai/stable-diffusion-xl-base-1.0"),
        ("large", "Tongyi-MAI/Z-Image-Turbo", "nine steps, and writes in pictures"),
    ),
    "normal-control": (("small", "depth-anything/Depth-Anything-V2-Small-hf", "normals from depth"),),
    "openpose-control": (("base", "usyd-community/vitpose-base-simple", "", None, _DETECTOR),),
    **{
        f"{kind}-text-to-image": (
            (
                "base",
                f"lllyasviel/sd-controlnet-{kind}",
                f"Stable Diffusion 1.5 steered by a {kind} map",
                None,
                {"base": "stable-diffusion-v1-5/stable-diffusion-v1-5"},
            ),
        )
        for kind in ("canny", "hed", "mlsd", "normal", "openpose", "depth", "seg")
    },
    "text-to-speech": (("small", "facebook/mms-tts-eng"),),
    "text-to-audio": (("base", "facebook/musicgen-small", "music"), ("large", "facebook/musicgen-medium", "music")),
    "automatic-speech-recognition": (
        ("small", "openai/whisper-tiny"),
        ("base", "openai/whisper-small"),
        ("large", "openai/whisper-large-v3-turbo"),
    ),
    "audio-classification": (
        ("base", "MIT/ast-finetuned-audioset-10-10-0.4593", "527 sounds"),
        ("base", "superb/wav2vec2-base-superb-ks", "ten spoken commands", "372e048"),
    ),
    "zero-shot-audio-classification": (("base", "laion/clap-htsat-fused", "", "cca9e28"),),
    "text-to-video": (
        ("base", "Wan-AI/Wan2.1-T2V-1.3B-Diffusers"),
        ("base", "ali-vilab/text-to-video-ms-1.7b"),
    ),
    "video-classification": (("base", "MCG-NJU/videomae-base-finetuned-kinetics", "400 actions", "488eb9a"),),
}  # fmt: skip
_SAME = {"conversational": "text-generation"}  # chat models do both


def _default(task: str, size: Size, model: str, *more: Any) -> Default:  # noqa: ANN401 - the columns of the table
    return Default(model, task, size, *more)


DEFAULTS: dict[str, tuple[Default, ...]] = {
    task: tuple(_default(task, *row) for row in _ROWS[_SAME.get(task, task)]) for task in (*_ROWS, *_SAME)
}
