"""Texts as vectors, compared and ranked, by sentence-transformers: its pooling, prefixes, layers and cross-encoders."""

import re
from collections.abc import Sequence
from typing import Any

from tools.backends.local.checkpoint import Checkpoint
from tools.backends.local.chunking import chunks, limit
from tools.backends.local.placement import Placement, framework
from tools.backends.local.recipe import Inputs, Recipe, model_types
from tools.findings import vector
from tools.protocol import Output

_E5 = re.compile(r"(^|[/_-])e5-(small|base|large)", re.I)  # trained with a prefix that their repositories do not tell


class Embedding(Recipe):
    """Unit vectors of an encoder as its repository says; a long text is the mean of its pieces."""

    batch = 32

    @property
    def loader(self) -> str:
        """All tasks on vectors share a loaded model."""
        return "sentence-transformers"

    def accepts(self, checkpoint: Checkpoint) -> bool:
        """What was saved by sentence-transformers, and any bare encoder of texts, which is then mean-pooled."""
        encoders = model_types("AutoModelForTextEncoding") | model_types("AutoModelForMaskedLM")
        return _is_saved_whole(checkpoint) or checkpoint.config.get("model_type") in encoders

    def objection(self, checkpoint: Checkpoint) -> str | None:
        """An encoder of texts comes with its tokenizer."""
        return None if (checkpoint.folder / "tokenizer_config.json").exists() else "reads no text"

    def load(self, checkpoint: Checkpoint, place: Placement) -> Any:
        """The model with its pooling and further layers."""
        framework()
        from sentence_transformers import SentenceTransformer

        prompts = {"prompts": {"query": "query: "}, "default_prompt_name": "query"} if _is_e5(checkpoint) else {}
        return SentenceTransformer(str(checkpoint.folder), **_options(place), **prompts)

    def encode(self, model: Any, texts: Sequence[str]) -> Any:
        """Unit vectors, shape (texts, dimensions), on the CPU."""
        torch = framework()
        pieces = [[piece for _, piece in chunks(model.tokenizer, text, _room(model))] for text in texts]
        flat = [piece for group in pieces for piece in group]
        encoded = model.encode(flat, batch_size=self.batch, convert_to_tensor=True, show_progress_bar=False)
        vectors = iter(torch.nn.functional.normalize(encoded.float().cpu(), dim=-1))
        means = torch.stack([torch.stack([next(vectors) for _ in group]).mean(0) for group in pieces])
        return torch.nn.functional.normalize(means, dim=-1)


class FeatureExtraction(Embedding):
    """One vector for a text."""

    tasks: tuple[str, ...] = ("feature-extraction",)

    def run(self, model: Any, batch: Sequence[Inputs]) -> Sequence[Output]:
        """All texts together."""
        return [
            vector(embedding.numpy()) for embedding in self.encode(model, [str(inputs["text"]) for inputs in batch])
        ]


class SentenceSimilarity(Embedding):
    """Cosine similarity of a text to others."""

    tasks: tuple[str, ...] = ("sentence-similarity",)

    def run(self, model: Any, batch: Sequence[Inputs]) -> Sequence[Output]:
        """All texts of all calls together."""
        groups = [[str(inputs["text"]), *map(str, inputs["others"])] for inputs in batch]
        vectors = self.encode(model, [text for group in groups for text in group])
        parts = vectors.split([len(group) for group in groups])
        return [_ranked(group[1:], (part[1:] @ part[0]).tolist()) for group, part in zip(groups, parts, strict=True)]


class TextRanking(Recipe):
    """Texts ordered by how well they answer a query, judged pair by pair by a cross-encoder."""

    tasks: tuple[str, ...] = ("text-ranking",)
    autos = ("AutoModelForSequenceClassification",)
    batch = 8
    pairs = 32  # that are judged at once

    def objection(self, checkpoint: Checkpoint) -> str | None:
        """A ranker has one output, the relevance."""
        return None if len(checkpoint.config.get("id2label", {})) == 1 else "is a classifier and no ranker"

    def load(self, checkpoint: Checkpoint, place: Placement) -> Any:
        """The cross-encoder with its activation."""
        framework()
        from sentence_transformers import CrossEncoder

        return CrossEncoder(str(checkpoint.folder), **_options(place))

    def run(self, model: Any, batch: Sequence[Inputs]) -> Sequence[Output]:
        """A long text counts as its best piece."""
        return [self._rank(model, str(inputs["query"]), [str(text) for text in inputs["texts"]]) for inputs in batch]

    def _rank(self, model: Any, query: str, texts: Sequence[str]) -> Output:
        size = _room(model)
        room = max(size // 4, size - len(model.tokenizer(query)["input_ids"]))
        pieces = [(i, piece) for i, text in enumerate(texts) for _, piece in chunks(model.tokenizer, text, room)]
        pairs = [(query, piece) for _, piece in pieces]
        relevance = model.predict(pairs, batch_size=self.pairs, show_progress_bar=False).tolist()
        best = [max(r for r, (i, _) in zip(relevance, pieces, strict=True) if i == n) for n in range(len(texts))]
        return _ranked(texts, best)


def _options(place: Placement) -> dict[str, Any]:
    return {
        "device": "cpu" if place.spread else place.device,
        "local_files_only": True,
        "trust_remote_code": False,
        "model_kwargs": {"use_safetensors": True, "dtype": place.torch_dtype},
    }


def _room(model: Any) -> int:
    """Tokens of text that the model reads at once: what it was trained to, less its prompt and special tokens."""
    declared = limit(model.tokenizer, model[0].auto_model.config)
    prompt = (model.prompts or {}).get(model.default_prompt_name or "", "")
    trained = (model.max_seq_length or declared) - model.tokenizer.num_special_tokens_to_add()
    return int(min(declared, trained)) - len(model.tokenizer(prompt, add_special_tokens=False)["input_ids"])


def _is_saved_whole(checkpoint: Checkpoint) -> bool:
    return (checkpoint.folder / "modules.json").exists()


def _is_e5(checkpoint: Checkpoint) -> bool:
    file = checkpoint.folder / "config_sentence_transformers.json"
    named = file.exists() and '"query"' in file.read_text(encoding="utf-8")
    return bool(_E5.search(checkpoint.model)) and not named


def _ranked(texts: Sequence[str], scores: Sequence[float]) -> Output:
    order = sorted(range(len(texts)), key=lambda i: -scores[i])
    data = [{"text": texts[i], "score": round(scores[i], 4), "index": i} for i in order]
    return Output(text="\n".join(f"{entry['score']:.3f} {entry['text']}" for entry in data), data=data)
