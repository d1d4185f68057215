"""Experts on text: sentiment by lexicon, language by character n-grams."""

from functools import cache
from typing import TYPE_CHECKING

from tools.errors import BadOutput
from tools.languages import NAMES, ranked_languages
from tools.protocol import Output

if TYPE_CHECKING:
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer


def sentiment(text: str, aspect: str | None = None) -> Output:  # noqa: ARG001 - the candidate was chosen by it
    """The sentiment label of an English text, its score in [-1, 1] and the shares of each tone (VADER)."""
    shares = _vader().polarity_scores(text)
    score = shares.pop("compound")
    label = "positive" if score >= 0.05 else "negative" if score <= -0.05 else "neutral"  # VADER's own thresholds
    return Output(text=label, data={"label": label, "score": score, "shares": shares})


def language(text: str, aspect: str | None = None) -> Output:  # noqa: ARG001 - the candidate was chosen by it
    """The language a text is in, by name and ISO 639-1 code, with probabilities."""
    ranked = ranked_languages(text)
    if not ranked:
        raise BadOutput("The text is too short, or has no letters, to tell its language.")
    name = NAMES.get(ranked[0]["code"], ranked[0]["code"])
    return Output(text=name, data={"label": name, **ranked[0], "alternatives": ranked[1:]})


@cache
def _vader() -> "SentimentIntensityAnalyzer":
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    return SentimentIntensityAnalyzer()
