"""Text in, labels, spans, answers or vectors out."""

from collections.abc import Hashable, Sequence
from pathlib import Path
from typing import Any

from tools.backends.local.checkpoint import Checkpoint
from tools.backends.local.chunking import chunks, limit
from tools.backends.local.placement import framework
from tools.backends.local.recipe import AutoRecipe, Inputs, PipelineRecipe
from tools.errors import InputError, ModelError
from tools.files import media
from tools.findings import average, labelled
from tools.protocol import Output

Chunk = tuple[int, str]  # where in its text a piece starts, and the piece


class ChunkedPipeline(PipelineRecipe):
    """A pipeline over texts of any length: all pieces of all texts in one batch, results joined per text."""

    batch = 32

    def run(self, model: Any, batch: Sequence[Inputs]) -> Sequence[Output]:
        """Cut, run and join."""
        size = limit(model.tokenizer, model.model.config)
        pieces = [chunks(model.tokenizer, self.text(inputs, model), size) for inputs in batch]
        flat = [piece for group in pieces for _, piece in group]
        results = iter(model(flat, batch_size=min(len(flat), self.batch), **self.options(batch[0])))
        return [self.join([(offset, next(results)) for offset, _ in group], group) for group in pieces]

    def text(self, inputs: Inputs, model: Any) -> str:
        """What the pipeline reads."""
        return str(inputs["text"])

    def options(self, inputs: Inputs) -> dict[str, Any]:
        """The pipeline's keyword arguments, equal for a whole batch."""
        return {}

    def join(self, results: Sequence[tuple[int, Any]], pieces: Sequence[Chunk]) -> Output:
        """One output from the results of a text's pieces."""
        raise NotImplementedError


class TextClassification(ChunkedPipeline):
    """Labels with scores, averaged over the pieces of a long text."""

    tasks: tuple[str, ...] = ("text-classification",)
    pipeline = "text-classification"
    autos = ("AutoModelForSequenceClassification",)

    def objection(self, checkpoint: Checkpoint) -> str | None:
        """A classifier has two labels or more, and is no judge of entailment."""
        if _entails(checkpoint):
            return "judges whether one text follows from another"
        return None if len(_labels(checkpoint)) > 1 else "has a single output and no classes"

    def options(self, inputs: Inputs) -> dict[str, Any]:
        """All labels: the caller sees the best few."""
        return {"top_k": None}

    def join(self, results: Sequence[tuple[int, Any]], pieces: Sequence[Chunk]) -> Output:
        """Scores weighted by the length of the piece they judge."""
        return labelled(average([result for _, result in results], [len(piece) for _, piece in pieces]))


class ZeroShotClassification(ChunkedPipeline):
    """Labels of the user's choice, by entailment."""

    tasks: tuple[str, ...] = ("zero-shot-classification",)
    pipeline = "zero-shot-classification"
    autos = ("AutoModelForSequenceClassification",)

    def objection(self, checkpoint: Checkpoint) -> str | None:
        """Needs a model that tells entailment from contradiction."""
        return None if _entails(checkpoint) else "does not judge whether one text follows from another"

    def group(self, inputs: Inputs) -> Hashable:
        """Only calls with the same labels run together."""
        return tuple(inputs["labels"])

    def options(self, inputs: Inputs) -> dict[str, Any]:
        """The labels to choose among."""
        return {"candidate_labels": list(inputs["labels"])}

    def join(self, results: Sequence[tuple[int, Any]], pieces: Sequence[Chunk]) -> Output:
        """Scores weighted by the length of the piece they judge."""
        scores = [
            [{"label": label, "score": score} for label, score in zip(r["labels"], r["scores"], strict=True)]
            for _, r in results
        ]
        return labelled(average(scores, [len(piece) for _, piece in pieces]))


class TokenClassification(ChunkedPipeline):
    """Entities with their place in the text."""

    tasks: tuple[str, ...] = ("token-classification",)
    pipeline = "token-classification"
    autos = ("AutoModelForTokenClassification",)

    def options(self, inputs: Inputs) -> dict[str, Any]:
        """Words joined to entities."""
        return {"aggregation_strategy": "simple"}

    def join(self, results: Sequence[tuple[int, Any]], pieces: Sequence[Chunk]) -> Output:
        """Entities of all pieces, their offsets counted in the whole text."""
        data = [
            {
                "label": entity["entity_group"],
                "text": piece[entity["start"] : entity["end"]],
                "score": round(float(entity["score"]), 4),
                "start": offset + entity["start"],
                "end": offset + entity["end"],
            }
            for (offset, entities), (_, piece) in zip(results, pieces, strict=True)
            for entity in entities
        ]
        return Output(text=", ".join(f"{e['text']} ({e['label']})" for e in data) or "no entities found", data=data)


class FillMask(PipelineRecipe):
    """The likeliest words for each [MASK]."""

    tasks: tuple[str, ...] = ("fill-mask",)
    pipeline = "fill-mask"
    autos = ("AutoModelForMaskedLM",)

    def run(self, model: Any, batch: Sequence[Inputs]) -> Sequence[Output]:
        """One text after the other: pipelines do not batch texts with differing numbers of masks."""
        return [self._fill(model, str(inputs["text"])) for inputs in batch]

    def _fill(self, model: Any, text: str) -> Output:
        text = text.replace("[MASK]", model.tokenizer.mask_token).replace("<mask>", model.tokenizer.mask_token)
        if model.tokenizer.mask_token not in text:
            raise InputError("There is nothing to fill in: put [MASK] where a word is missing.")
        if len(chunks(model.tokenizer, text, limit(model.tokenizer, model.model.config))) > 1:
            raise ModelError("The text is too long to fill its [MASK]: give only the sentences around it.")
        guesses = model(text)
        groups = guesses if isinstance(guesses[0], list) else [guesses]
        data = [[{"label": f["token_str"].strip(), "score": round(f["score"], 4)} for f in group] for group in groups]
        for group in data:
            text = text.replace(model.tokenizer.mask_token, group[0]["label"], 1)
        return Output(text=text, data=data[0] if len(data) == 1 else data)


class QuestionAnswering(AutoRecipe):
    """The span of the context that answers the question, over overlapping windows of a long context."""

    tasks: tuple[str, ...] = ("question-answering",)
    autos = ("AutoModelForQuestionAnswering",)
    batch = 16
    longest_answer = 30  # tokens
    overlap = 64  # tokens that neighbouring windows share

    def run(self, model: Any, batch: Sequence[Inputs]) -> Sequence[Output]:
        """Score every window of every context, then take each question's best span."""
        torch, (tokenizer, network) = framework(), model
        windows = self._windows(tokenizer, network, batch)
        offsets, owners = windows.pop("offset_mapping"), windows.pop("overflow_to_sample_mapping")
        in_context = torch.tensor([[part == 1 for part in encoding.sequence_ids] for encoding in windows.encodings])
        start, end = (
            scores.float().masked_fill(~in_context, -1e4).softmax(-1) for scores in self._score(network, windows)
        )
        spans = (start[:, :, None] * end[:, None, :]).triu().tril(self.longest_answer - 1)
        best: dict[int, dict[str, Any]] = {}
        for window, owner in enumerate(owners.tolist()):
            score, place = float(spans[window].max()), divmod(int(spans[window].argmax()), spans.shape[-1])
            first, last = int(offsets[window][place[0]][0]), int(offsets[window][place[1]][1])
            if score > best.get(owner, {"score": -1.0})["score"]:
                answer = str(batch[owner]["context"])[first:last]
                best[owner] = {"answer": answer, "score": round(score, 4), "start": first, "end": last}
        return [Output(text=best[i]["answer"], data=best[i]) for i in range(len(batch))]

    def _score(self, network: Any, windows: Any) -> tuple[Any, Any]:
        """How well an answer starts, and ends, at each token of every window, some windows at a time."""
        torch, starts, ends = framework(), [], []
        for start in range(0, len(windows["input_ids"]), self.batch):
            rows = slice(start, start + self.batch)
            some = {name: values[rows].to(network.device) for name, values in windows.items()}
            with torch.inference_mode():
                logits = network(**some)
            starts.append(logits.start_logits.cpu())
            ends.append(logits.end_logits.cpu())
        return torch.cat(starts), torch.cat(ends)

    def _windows(self, tokenizer: Any, network: Any, batch: Sequence[Inputs]) -> Any:
        questions = [str(inputs["question"]) for inputs in batch]
        size = limit(tokenizer, network.config)
        longest = max(len(ids) for ids in tokenizer(questions, add_special_tokens=False)["input_ids"])
        if longest > size // 2:
            raise ModelError("The question is too long for this model: ask it in fewer words.")
        return tokenizer(
            questions,
            [str(inputs["context"]) for inputs in batch],
            truncation="only_second",
            max_length=size,
            stride=min(self.overlap, (size - longest) // 4),
            padding=True,
            return_overflowing_tokens=True,
            return_offsets_mapping=True,
            return_tensors="pt",
        )


class TableQuestionAnswering(PipelineRecipe):
    """An answer from the cells of a CSV file."""

    tasks: tuple[str, ...] = ("table-question-answering",)
    pipeline = "table-question-answering"
    autos = ("AutoModelForTableQuestionAnswering",)

    def run(self, model: Any, batch: Sequence[Inputs]) -> Sequence[Output]:
        """One table after the other."""
        return [self._answer(model, Path(inputs["table"]), str(inputs["question"])) for inputs in batch]

    def _answer(self, model: Any, path: Path, question: str) -> Output:
        result = model(table=media.table(path), query=question, truncation=True)
        data = {key: result[key] for key in ("answer", "cells", "aggregator") if key in result}
        return Output(text=str(result["answer"]).strip(), data=data)


def _labels(checkpoint: Checkpoint) -> list[str]:
    return [str(label).lower() for label in checkpoint.config.get("id2label", {0: "", 1: ""}).values()]


def _entails(checkpoint: Checkpoint) -> bool:
    return any(label.startswith("entail") for label in _labels(checkpoint))
