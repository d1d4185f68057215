"""The default models of every task type: a small, a base and a large one where there are such.

A revision is pinned where transformers itself pins it for the task; None means the Hub's main branch. What a repository
really holds is checked before anything is downloaded: one without safetensors gives way to the next.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Size = Literal["small", "base", "large"]
_BASE = {"base": "stable-diffusion-v1-5/stable-diffusion-v1-5"}
_DETECTOR = {"detector": "PekingU/rtdetr_r18vd_coco_o365"}
_EN = ("en",)


@dataclass(frozen=True)
class Default:
    """A model with its approximate size and its licence.

    ``parts`` names the further models that it needs; ``aspects`` says what a classifier classifies.
    """

    model: str
    size: Size
    millions: int  # of parameters, approximately, its parts left out
    licence: str
    revision: str | None = None
    description: str = ""
    languages: tuple[str, ...] = ()
    aspects: tuple[str, ...] = ()
    parts: Mapping[str, str] = field(default_factory=dict)


def _small(model: str, millions: int, licence: str = "apache-2.0", **facts: object) -> Default:
    return Default(model, "small", millions, licence, **facts)  # type: ignore[arg-type]  # checked by the dataclass's users


def _base(model: str, millions: int, licence: str = "apache-2.0", **facts: object) -> Default:
    return Default(model, "base", millions, licence, **facts)  # type: ignore[arg-type]  # as above


def _large(model: str, millions: int, licence: str = "apache-2.0", **facts: object) -> Default:
    return Default(model, "large", millions, licence, **facts)  # type: ignore[arg-type]  # as above


def _controlnets(kind: str, model: str) -> dict[str, tuple[Default, ...]]:
    description = f"Stable Diffusion 1.5 steered by a {kind} map"
    return {
        f"{kind}-text-to-image": (_base(f"lllyasviel/{model}", 361, "openrail", description=description, parts=_BASE),)
    }


DEFAULTS: dict[str, tuple[Default, ...]] = {
    "text-classification": (
        _small(
            "distilbert/distilbert-base-uncased-finetuned-sst-2-english", 67,
            revision="714eb0f", languages=_EN, aspects=("sentiment", "tone"), description="positive or negative",
        ),
        _base(
            "nlptown/bert-base-multilingual-uncased-sentiment", 167, "mit",
            aspects=("sentiment", "tone"), description="one to five stars, six languages",
        ),
        _base(
            "papluca/xlm-roberta-base-language-detection", 278, "mit", aspects=("language",), description="20 languages"
        ),
        _base("SamLowe/roberta-base-go_emotions", 125, "mit", languages=_EN, aspects=("emotion",)),
        _base("unitary/toxic-bert", 109, languages=_EN, aspects=("toxicity",)),
    ),
    "token-classification": (
        _base("dslim/bert-base-NER", 108, "mit", languages=_EN),
        _large("dbmdz/bert-large-cased-finetuned-conll03-english", 334, "unknown", revision="4c53496", languages=_EN),
    ),
    "zero-shot-classification": (
        _base("MoritzLaurer/mDeBERTa-v3-base-mnli-xnli", 279, "mit", description="a hundred languages"),
        _large("facebook/bart-large-mnli", 407, "mit", revision="d7645e1", languages=_EN),
    ),
    "question-answering": (
        _small("distilbert/distilbert-base-cased-distilled-squad", 65, languages=_EN),
        _base("deepset/roberta-base-squad2", 124, "cc-by-4.0", languages=_EN),
    ),
    "table-question-answering": (
        _base("google/tapas-base-finetuned-wtq", 111, revision="e3dde19", languages=_EN),
        _large("google/tapas-large-finetuned-wtq", 337, languages=_EN),
    ),
    "summarization": (
        _small("Falconsai/text_summarization", 61, languages=_EN),
        _large("facebook/bart-large-cnn", 406, "mit", languages=_EN),
    ),
    "translation": (
        _small("google-t5/t5-small", 61, description="English to German, French or Romanian"),
        _base("google-t5/t5-base", 223, description="English to German, French or Romanian"),
        _large("facebook/mbart-large-50-many-to-many-mmt", 611, "unknown", description="any of 50 languages"),
    ),
    "text2text-generation": (
        _small("google/flan-t5-small", 77),
        _base("google/flan-t5-base", 248),
        _large("google/flan-t5-large", 783),
    ),
    "text-generation": (
        _small("HuggingFaceTB/SmolLM2-360M-Instruct", 362, languages=_EN),
        _base("Qwen/Qwen3-0.6B", 752),
        _large("HuggingFaceTB/SmolLM3-3B", 3075, revision="a07cc9a"),
    ),
    "conversational": (
        _small("HuggingFaceTB/SmolLM2-360M-Instruct", 362, languages=_EN),
        _base("Qwen/Qwen3-0.6B", 752),
        _large("HuggingFaceTB/SmolLM3-3B", 3075, revision="a07cc9a"),
    ),
    "fill-mask": (
        _small("distilbert/distilroberta-base", 83, revision="fb53ab8", languages=_EN),
        _base("FacebookAI/xlm-roberta-base", 279, "mit"),
    ),
    "sentence-similarity": (
        _small("sentence-transformers/all-MiniLM-L6-v2", 23, languages=_EN),
        _base("sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2", 118),
    ),
    "text-ranking": (
        _small("cross-encoder/ms-marco-MiniLM-L6-v2", 23, languages=_EN),
        _base("BAAI/bge-reranker-base", 278, "mit"),
    ),
    "feature-extraction": (
        _small("BAAI/bge-small-en-v1.5", 33, "mit", languages=_EN),
        _base("intfloat/multilingual-e5-small", 118, "mit"),
    ),
    "image-classification": (
        _small("microsoft/resnet-50", 26),
        _base("google/vit-base-patch16-224", 87, revision="3f49326"),
    ),
    "zero-shot-image-classification": (
        _base("openai/clip-vit-base-patch32", 151, "unknown", revision="3d74acf"),
        _large("openai/clip-vit-large-patch14", 428, "unknown"),
    ),
    "object-detection": (
        _small("hustvl/yolos-tiny", 6),
        _base("PekingU/rtdetr_r50vd", 43),
        _base("facebook/detr-resnet-50", 42, revision="1d5f47b"),
    ),
    "zero-shot-object-detection": (
        _base("google/owlv2-base-patch16-ensemble", 155),
        _base("google/owlvit-base-patch32", 153, revision="cbc355f"),
    ),
    "image-segmentation": (
        _small("nvidia/segformer-b0-finetuned-ade-512-512", 4, "other", description="150 classes of ADE20K"),
        _base("facebook/detr-resnet-50-panoptic", 43, revision="d53b52a", description="things and stuff of COCO"),
        _base("facebook/mask2former-swin-tiny-coco-instance", 47, "other", description="single objects of COCO"),
    ),
    "mask-generation": (
        _small("Zigeng/SlimSAM-uniform-77", 10),
        _base("facebook/sam-vit-base", 94),
        _large("facebook/sam-vit-huge", 641, revision="87aecf0"),
    ),
    "depth-estimation": (
        _small("depth-anything/Depth-Anything-V2-Small-hf", 25),
        _large("Intel/dpt-large", 343, revision="bc15f29"),
    ),
    "keypoint-detection": (
        _base("usyd-community/vitpose-base-simple", 86, parts=_DETECTOR, description="17 joints of every person"),
    ),
    "image-to-text": (
        _small("HuggingFaceTB/SmolVLM-256M-Instruct", 256, description="describes, and reads short printed texts"),
        _base("microsoft/git-base-coco", 177, "mit", description="one plain sentence"),
        _base("microsoft/trocr-base-printed", 334, "unknown", description="reads one printed line"),
        _large("Salesforce/blip-image-captioning-large", 470, "bsd-3-clause", description="one plain sentence"),
    ),
    "image-text-to-text": (
        _small("HuggingFaceTB/SmolVLM-256M-Instruct", 256),
        _large("Qwen/Qwen3-VL-2B-Instruct", 2128, revision="8964489"),
    ),
    "visual-question-answering": (
        _small("dandelin/vilt-b32-finetuned-vqa", 118),
        _base("Salesforce/blip-vqa-base", 385, "bsd-3-clause"),
        _large("Qwen/Qwen3-VL-2B-Instruct", 2128, revision="8964489"),
    ),
    "document-question-answering": (
        _base("impira/layoutlm-document-qa", 128, "mit", revision="beed3c4", languages=_EN),
    ),
    "image-feature-extraction": (
        _small("facebook/dinov2-small", 22),
        _base("google/vit-base-patch16-224", 87, revision="3f49326"),
    ),
    "image-to-image": (
        _small("caidas/swin2SR-classical-sr-x2-64", 12, description="twice the size"),
        _base("stable-diffusion-v1-5/stable-diffusion-v1-5", 1066, "creativeml-openrail-m", description="restyles"),
        _large("stabilityai/stable-diffusion-xl-base-1.0", 3469, "openrail++", description="restyles"),
    ),
    "image-editing": (_base("timbrooks/instruct-pix2pix", 1066, "mit"),),
    "image-to-video": (_large("stabilityai/stable-video-diffusion-img2vid-xt", 2255, "other"),),
    "text-to-image": (
        _base("stable-diffusion-v1-5/stable-diffusion-v1-5", 1066, "creativeml-openrail-m"),
        _large("stabilityai/stable-diffusion-xl-base-1.0", 3469, "openrail++"),
    ),
    "normal-control": (_small("depth-anything/Depth-Anything-V2-Small-hf", 25, description="normals from depth"),),
    "openpose-control": (_base("usyd-community/vitpose-base-simple", 86, parts=_DETECTOR),),
    **_controlnets("canny", "sd-controlnet-canny"),
    **_controlnets("hed", "sd-controlnet-hed"),
    **_controlnets("mlsd", "sd-controlnet-mlsd"),
    **_controlnets("normal", "sd-controlnet-normal"),
    **_controlnets("openpose", "sd-controlnet-openpose"),
    **_controlnets("depth", "sd-controlnet-depth"),
    **_controlnets("seg", "sd-controlnet-seg"),
    "text-to-speech": (
        _small("facebook/mms-tts-eng", 36, "cc-by-nc-4.0", languages=_EN),
        _large("suno/bark-small", 404, "mit", revision="1dbd7a1"),
    ),
    "text-to-audio": (
        _base("facebook/musicgen-small", 591, "cc-by-nc-4.0", description="music"),
        _large("facebook/musicgen-medium", 2000, "cc-by-nc-4.0", description="music"),
    ),
    "automatic-speech-recognition": (
        _small("openai/whisper-tiny", 38),
        _base("openai/whisper-small", 242),
        _large("openai/whisper-large-v3-turbo", 809, "mit"),
    ),
    "audio-to-audio": (
        _base(
            "microsoft/speecht5_vc", 158, "mit",
            parts={"vocoder": "microsoft/speecht5_hifigan"}, description="speaks it in another voice",
        ),
    ),
    "audio-classification": (
        _base("MIT/ast-finetuned-audioset-10-10-0.4593", 87, "bsd-3-clause", description="527 sounds"),
        _base("superb/wav2vec2-base-superb-ks", 95, revision="372e048", description="ten spoken commands"),
    ),
    "zero-shot-audio-classification": (_base("laion/clap-htsat-fused", 154, revision="cca9e28"),),
    "text-to-video": (
        _base("ali-vilab/text-to-video-ms-1.7b", 1413, "cc-by-nc-4.0"),
        _large("Wan-AI/Wan2.1-T2V-1.3B-Diffusers", 7227, description="its text encoder included"),
    ),
    "video-classification": (
        _base("MCG-NJU/videomae-base-finetuned-kinetics", 87, "cc-by-nc-4.0", revision="488eb9a"),
    ),
}  # fmt: skip
