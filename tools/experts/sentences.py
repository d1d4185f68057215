"""Experts that select sentences and write none: TextRank summaries, BM25 ranking and answers. No model, no package."""

import math
import re
from collections import Counter

import numpy as np
from numpy.typing import NDArray

from tools.errors import BadOutput
from tools.protocol import Output

_CLOSING, _OPENING = "\"')\u201d\u2019\u00bb", "\"'(\u201c\u2018\u00ab"  # quotation marks and brackets around sentences
_END = re.compile(rf"(?<=[.!?…])[{_CLOSING}]*\s+(?=[{_OPENING}]?[^\W_a-z])|(?<=[\u3002\uff01\uff1f])|\n\s*\n")
# A short line at a paragraph's beginning, without a full stop and before a longer one that begins anew
_HEADING = re.compile(r"(?:(?<=\n\n)|(?<![\s\S]))([^\W_a-z][^\n]{0,58}[^\n.!?…:,;])\n(?=[^\W_a-z][^\n]{60})")
_ABBREVIATED = re.compile(r"(?:\b[A-Z]|\b(?:Dr|Mr|Mrs|Ms|Prof|St|No|vs|etc|e\.g|i\.e|z\.B|bzw|ca|Nr))\.$")
_WORD = re.compile(r"\w+")
_NUMBERS = {
    "a": 1,
    "an": 1,
    "one": 1,
    "single": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "ten": 10,
}


def summarise(text: str, length: str | None = None) -> Output:
    """The most central sentences, about a quarter of them and at most six, in the text's order (TextRank).

    ``length`` says in words how many: ``2 sentences``, ``three bullets``, ``100 words``, ``shorter``.
    """
    sentences = _whole(split(text))
    wanted = _wanted(length or "", sentences)
    chosen = list(range(len(sentences)))
    if len(sentences) > max(wanted, 2 if not length else 0):
        vectors = _vectors(sentences)
        chosen = sorted(_diverse(_centrality(vectors), vectors @ vectors.T, wanted))
    kept = [sentences[index] for index in chosen]
    data = {"sentences": len(sentences), "kept": len(kept)}
    return Output(
        "\n".join(f"- {sentence}" for sentence in kept) if re.search("bullet|point", length or "") else " ".join(kept),
        data,
    )


def _whole(sentences: list[str]) -> list[str]:
    """The sentences without headings, which end in no full stop; all of them where none does."""
    return [
        sentence for sentence in sentences if sentence.rstrip(_CLOSING)[-1:] in ".!?…\u3002\uff01\uff1f"
    ] or sentences


def _wanted(length: str, sentences: list[str]) -> int:
    """How many sentences are asked for."""
    usual = min(6, max(1, round(len(sentences) / 4)))
    number = next((_NUMBERS.get(word, int(word) if word.isdecimal() else 0) for word in _WORD.findall(length.lower())
                   if word in _NUMBERS or word.isdecimal()), 0)  # fmt: skip
    if "word" in length and number:
        return max(1, round(number * len(sentences) / max(1, len(" ".join(sentences).split()))))
    if "paragraph" in length:
        return min(6, max(usual, 4))
    if "longer" in length:
        return usual * 2
    return number or max(1, usual // 2) if "shorter" in length else number or usual


def rank(query: str, texts: list[str]) -> Output:
    """The texts by how well their words match the query's (BM25), best first."""
    scores = bm25(query, texts)
    order = sorted(range(len(texts)), key=lambda index: -scores[index])
    ranking = [{"index": index, "text": texts[index], "bm25": round(scores[index], 3)} for index in order]
    return Output(text="\n".join(f"{place}. {texts[index]}" for place, index in enumerate(order, 1)), data=ranking)


def answer(question: str, context: str) -> Output:
    """The sentence of the context that matches the question best. Raises BadOutput if none shares a word with it."""
    sentences = split(context)
    scores = bm25(question, sentences) if sentences else [0.0]
    best = max(range(len(scores)), key=scores.__getitem__)
    if scores[best] <= 0:
        raise BadOutput("No sentence of the text shares a word with the question; ask in the words of the text.")
    return Output(text=sentences[best], data={"answer": sentences[best], "bm25": round(scores[best], 3)})


def split(text: str) -> list[str]:
    """Sentences, and headings; any other line break within a paragraph is a space."""
    parts = [" ".join(part.split()) for part in _END.split(_HEADING.sub("\\1\n\n", text)) if part and part.strip()]
    sentences: list[str] = []
    for part in parts:
        if sentences and _ABBREVIATED.search(sentences[-1]):
            sentences[-1] += f" {part}"
        else:
            sentences.append(part)
    return sentences


def bm25(query: str, texts: list[str], k: float = 1.5, b: float = 0.75) -> list[float]:
    """Okapi BM25 of every text (Robertson and Zaragoza 2009), on word stems."""
    documents = [Counter(_stems(text)) for text in texts]
    average = sum(map(len, documents)) / len(documents) or 1
    frequency = Counter(word for document in documents for word in document)
    scores = []
    for document in documents:
        norm = k * (1 - b + b * document.total() / average)
        shared = (word for word in set(_stems(query)) if word in document)
        scores.append(
            sum(
                _idf(frequency[word], len(documents)) * document[word] * (k + 1) / (document[word] + norm)
                for word in shared
            )
        )
    return scores


def _stems(text: str) -> list[str]:
    """Words without their endings: crude, but the same for every language that has endings."""
    return [word[: max(4, len(word) - 2)] for word in _WORD.findall(text.lower())]


def _idf(frequency: int, documents: int) -> float:
    return math.log(1 + (documents - frequency + 0.5) / (frequency + 0.5))


def _vectors(sentences: list[str]) -> NDArray[np.float64]:
    """TF-IDF of every sentence, of unit length."""
    counts = [Counter(_stems(sentence)) for sentence in sentences]
    frequency = Counter(word for count in counts for word in count)
    column = {word: index for index, word in enumerate(frequency)}
    vectors = np.zeros((len(sentences), len(column)))
    for row, count in enumerate(counts):
        for word, times in count.items():
            vectors[row, column[word]] = times * _idf(frequency[word], len(sentences))
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    return vectors


def _centrality(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """PageRank on the sentences' similarities; the walk restarts more often early, where texts say what matters."""
    links = vectors @ vectors.T
    np.fill_diagonal(links, 0)
    links /= np.maximum(links.sum(axis=1, keepdims=True), 1e-9)
    restart = 1 / np.sqrt(1 + np.arange(len(links)))
    restart /= restart.sum()
    score = restart.copy()
    for _ in range(50):
        score = 0.15 * restart + 0.85 * np.dot(score, links)
    return score


def _diverse(score: NDArray[np.float64], likeness: NDArray[np.float64], wanted: int) -> list[int]:
    """The best sentences one by one, each marked down by its likeness to those already chosen."""
    chosen: list[int] = []
    while len(chosen) < wanted:
        doubled = likeness[:, chosen].max(axis=1) if chosen else np.zeros(len(score))
        worth = score * (1 - doubled)
        worth[chosen] = -1
        chosen.append(int(worth.argmax()))
    return chosen
