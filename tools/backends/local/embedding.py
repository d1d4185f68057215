"""Texts as vectors, compared and ranked."""

from collections.abc import Sequence
from typing import Any

from tools.backends.local.checkpoint import Checkpoint
from tools.backends.local.chunking import chunks, limit
from tools.backends.local.placement import framework
from tools.backends.local.recipe import AutoRecipe, Inputs, load_model
from tools.findings import vector
from tools.protocol import Output


class Embedding(AutoRecipe):
    """Mean-pooled, normalised vectors of an encoder; a long text is the mean of its pieces."""

    autos = ("AutoModelForTextEncoding", "AutoModel")
    batch = 32

    def objection(self, checkpoint: Checkpoint) -> str | None:
        """AutoModel loads any encoder: this one must read text."""
        return None if (checkpoint.folder / "tokenizer_config.json").exists() else "reads no text"

    def weights(self, checkpoint: Checkpoint, place: Any) -> Any:
        """The bare encoder, whatever head the checkpoint has."""
        return load_model("AutoModel", checkpoint, place)

    def encode(self, model: Any, texts: Sequence[str]) -> Any:
        """Unit vectors, shape (texts, dimensions), on the CPU."""
        torch, (tokenizer, network) = framework(), model
        size = limit(tokenizer, network.config)
        pieces = [[piece for _, piece in chunks(tokenizer, text, size)] for text in texts]
        flat = [piece for group in pieces for piece in group]
        tokens = tokenizer(flat, padding=True, truncation=True, max_length=size + 2, return_tensors="pt")
        with torch.inference_mode():
            hidden = network(**tokens.to(network.device)).last_hidden_state.float()
        mask = tokens["attention_mask"].unsqueeze(-1)
        pooled = iter(((hidden * mask).sum(1) / mask.sum(1)).cpu())
        means = torch.stack([torch.stack([next(pooled) for _ in group]).mean(0) for group in pieces])
        return torch.nn.functional.normalize(means, dim=-1)


class FeatureExtraction(Embedding):
    """One vector for a text."""

    def run(self, model: Any, batch: Sequence[Inputs]) -> Sequence[Output]:
        """All texts in one forward pass."""
        return [vector(each.numpy()) for each in self.encode(model, [str(inputs["text"]) for inputs in batch])]


class SentenceSimilarity(Embedding):
    """Cosine similarity of a text to others."""

    def run(self, model: Any, batch: Sequence[Inputs]) -> Sequence[Output]:
        """All texts of all calls in one forward pass."""
        groups = [[str(inputs["text"]), *map(str, inputs["others"])] for inputs in batch]
        vectors = self.encode(model, [text for group in groups for text in group])
        parts = vectors.split([len(group) for group in groups])
        return [_ranked(group[1:], (part[1:] @ part[0]).tolist()) for group, part in zip(groups, parts, strict=True)]


class TextRanking(AutoRecipe):
    """Texts ordered by how well they answer a query, judged pair by pair by a cross-encoder."""

    autos = ("AutoModelForSequenceClassification",)
    batch = 8

    def objection(self, checkpoint: Checkpoint) -> str | None:
        """A ranker has one output, the relevance."""
        return None if len(checkpoint.config.get("id2label", {})) == 1 else "is a classifier and no ranker"

    def run(self, model: Any, batch: Sequence[Inputs]) -> Sequence[Output]:
        """A long text counts as its best piece."""
        return [self._rank(model, str(inputs["query"]), [str(text) for text in inputs["texts"]]) for inputs in batch]

    def _rank(self, model: Any, query: str, texts: Sequence[str]) -> Output:
        torch, (tokenizer, network) = framework(), model
        size = limit(tokenizer, network.config)
        room = max(size // 4, size - len(tokenizer(query)["input_ids"]))
        pieces = [(i, piece) for i, text in enumerate(texts) for _, piece in chunks(tokenizer, text, room)]
        pairs = tokenizer(
            [query] * len(pieces),
            [p for _, p in pieces],
            padding=True,
            truncation=True,
            max_length=size,
            return_tensors="pt",
        )
        with torch.inference_mode():
            relevance = network(**pairs.to(network.device)).logits[:, -1].float().sigmoid().tolist()
        best = [max(r for r, (i, _) in zip(relevance, pieces, strict=True) if i == n) for n in range(len(texts))]
        return _ranked(texts, best)


def _ranked(texts: Sequence[str], scores: Sequence[float]) -> Output:
    order = sorted(range(len(texts)), key=lambda i: -scores[i])
    data = [{"text": texts[i], "score": round(scores[i], 4), "index": i} for i in order]
    return Output(text="\n".join(f"{entry['score']:.3f} {entry['text']}" for entry in data), data=data)
