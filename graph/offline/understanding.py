"""What a request is understood to ask for: each likely set of wishes, as tasks that can run here."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from graph.offline import options, standins, wording
from graph.offline.hearing import READERS, Hearing, hear
from graph.offline.intents import OUTCOMES, Choice, Intent, type_name
from graph.offline.meaning import Meaning
from graph.offline.parts import asking, is_question
from graph.offline.reading import Reading, Span, read
from graph.offline.weights import Weights
from tools.files.resources import modality
from tools.tasks import TASKS, TaskType

_INSTEAD = 0.2  # how likely what can run must be for what cannot to be left aside
_HEARD, _SURE = 0.25, 0.8  # how likely a part asks for what is planned, else is left out; for more, to be added
_ANSWERING = {
    "question-answering", "visual-question-answering", "document-question-answering", "image-text-to-text",
    "table-question-answering",
}  # fmt: skip
_ALIKE = {"image-text-to-text": "visual-question-answering"}  # which of the two is meant, nobody has to say


@dataclass(frozen=True)
class Understood:
    """A set of wishes and how likely it is meant: its tasks, and those that nothing here can do or stand in for."""

    wishes: tuple[str, ...]
    probability: float
    intents: tuple[Intent, ...] = ()
    beyond: tuple[Intent, ...] = ()

    @property
    def runs(self) -> bool:
        """Whether all of it can be done here."""
        return bool(self.intents) and not self.beyond


@dataclass(frozen=True)
class Unmet:
    """Words of the request that ask for what is not done: for a type that cannot run, or for what is not clear."""

    text: str
    type: TaskType | None = None
    unclear: bool = False


class Understanding:
    """Understands requests over the types on offer."""

    def __init__(self, offered: Mapping[str, TaskType], weights: Weights, meaning: Meaning | None) -> None:
        self.offered, self.weights, self.meaning = offered, weights, meaning
        self.types = TASKS | dict(offered)
        self.heard = lru_cache(maxsize=16)(self._hear)

    def of(self, reading: Reading, files: Sequence[str]) -> list[Understood]:
        """The likely sets of wishes, the likeliest first; those that cannot run are left aside if others are likely."""
        return self._able(self.heard(reading, tuple(files)))

    def _able(self, heard: Hearing) -> list[Understood]:
        met = list(_merged(self._met(choice, heard) for choice in heard.choices))
        able = [understood for understood in met if understood.runs or understood.wishes[0] in OUTCOMES]
        likely = sum(understood.probability for understood in able)
        if likely < _INSTEAD:
            return met
        return [replace(understood, probability=understood.probability / likely) for understood in able]

    def lacking(self, reading: Reading, files: Sequence[str]) -> TaskType:
        """The type that the words of a request speak for most, although what it needs was not given."""
        said = self.heard(reading, tuple(files)).said
        by_words = dict(zip(said.names, said.by_word[:-1].sum(axis=0).tolist(), strict=True))
        return self.types[type_name(max((n for n in by_words if type_name(n) in self.types), key=by_words.__getitem__))]

    def whole(self, chosen: Understood, reading: Reading, files: Sequence[str]) -> tuple[Understood, list[Unmet]]:
        """What is chosen, with what single parts of the request surely ask for beside it; and what is left out."""
        parts, wishes, heard = asking(reading), dict.fromkeys(chosen.wishes), self.heard(reading, tuple(files))
        unmet = {_words(intent, heard): Unmet(_words(intent, heard), intent.type) for intent in chosen.beyond}
        for part in parts if len(parts) > 1 else ():
            alone = self._alone(part, chosen, reading, files)
            if alone.runs and alone.probability >= _SURE:
                wishes |= dict.fromkeys(alone.wishes)
                unmet.pop(part.text, None)  # what it was taken for cannot run, and this can
            elif alone.wishes:
                type_ = alone.beyond[0].type if alone.beyond else None
                unmet.setdefault(part.text, Unmet(part.text, type_, unclear=bool(alone.intents)))
        if len(wishes) > len(chosen.wishes):
            chosen = self._met(Choice(tuple(wishes), chosen.probability), heard)
        return chosen, list(unmet.values())

    def _alone(self, part: Span, chosen: Understood, reading: Reading, files: Sequence[str]) -> Understood:
        """What a part of the request asks for, taken by itself; nothing where it asks for something that is chosen."""
        given = f': "{reading.quotes[0].text}"' if reading.quotes else ""
        heard = self.heard(read(f"{part.text}{given}", files), tuple(files))
        likely = sum(choice.probability for choice in heard.choices if {*choice.wishes} & {*chosen.wishes})
        alone = self._able(heard)[0]
        planned = alone.intents and {*map(_kind, alone.intents)} <= {*map(_kind, chosen.intents)}
        return Understood((), 0.0) if likely >= _HEARD or planned else alone

    def _hear(self, reading: Reading, files: tuple[str, ...]) -> Hearing:
        return hear(reading, files, self.weights, self.meaning, self.types)

    def _met(self, choice: Choice, heard: Hearing) -> Understood:
        """A set of wishes with its tasks; those that only serve what cannot run, or then lack their input, go too."""
        if choice.wishes[0] in OUTCOMES:
            return Understood(choice.wishes, choice.probability)
        intents, beyond = list[Intent](), list[Intent]()
        for wish in _pruned(choice, heard):
            for span in _asked(wish, choice, heard):
                serving = standins.serving(wish, span.text, self.offered)
                intents += [intent for served in serving for intent in self._intents(served, span, heard)]
                beyond += [] if serving else [Intent(self.types[type_name(wish)], span.start, span.end)]
        intents = [
            intent for intent in intents if not any(_serves_only(intent, other, heard.reading) for other in beyond)
        ]
        if _reads(choice, heard) and not any(modality(file) == "text" for file in heard.files):
            intents = [intent for intent in intents if intent.type.name != "text-extraction"]  # what is read is words
        if not heard.can_run([intent.type.name for intent in intents]):
            intents = []
        joined = tuple(
            sorted(_joined(intents, heard.reading), key=lambda intent: intent.start % len(heard.reading.text))
        )
        return Understood(choice.wishes, choice.probability, joined, tuple(beyond))

    def _intents(self, wish: str, span: Span, heard: Hearing) -> Iterator[Intent]:
        """A wish that these words ask for, once for each language or class that it asks for."""
        name, _, aspect = wish.partition("/")
        type_, at = self.offered[name], (span.start, span.end)
        slots = options.arguments(type_, options.stated(type_, heard.reading, at[0]))
        slots |= {"aspect": aspect} if aspect else {}
        if type_.slot("question") and is_question(span):
            slots |= {"question": span.text}
        for variant in wording.variants(type_, heard.reading, at, self.weights):
            yield self._unlabelled(Intent(type_, *at, {**slots, **variant}))

    def _unlabelled(self, intent: Intent) -> Intent:
        """Labels that are moods are told better without labels."""
        aspect = standins.aspect(intent.slots.get("labels", ()))
        classification = self.offered.get("text-classification")
        if intent.type.name != "zero-shot-classification" or not aspect or not classification:
            return intent
        return replace(intent, type=classification, slots={"aspect": aspect})


def _asked(wish: str, choice: Choice, heard: Hearing) -> list[Span]:
    """The words that ask for a wish: of a question each that is asked, but for what is answered by reading."""
    asked = heard.questions(wish, choice) if wish in _ANSWERING else []
    if asked:
        return [span for span in asked if not (_reads(choice, heard) and standins.wants_words(span.text.lower()))]
    return [Span(*heard.at(wish), heard.spoken(wish))]


def _words(intent: Intent, heard: Hearing) -> str:
    """The part of the request in which a task is asked for, or all of it."""
    parts = (part.text for part in asking(heard.reading) if part.start <= intent.start < part.end)
    return next(parts, heard.reading.text.strip())


def _pruned(choice: Choice, heard: Hearing) -> list[str]:
    """The wishes without those that another answers too, or that reading answers: "What does it say?"."""
    reads = _reads(choice, heard)
    kept: list[str] = []
    for wish in sorted(choice.wishes, key=heard.said.of, reverse=True):
        asked = [heard.spoken(wish)] if wish in _ANSWERING else []
        rivals = [heard.spoken(other) for other in kept if other in _ANSWERING]
        if not (asked and (asked[0] in rivals or (reads and standins.wants_words(asked[0].lower())))):
            kept.append(wish)
    return [wish for wish in choice.wishes if wish in kept]


def _reads(choice: Choice, heard: Hearing) -> bool:
    """Whether something is read or heard, and no words are given beside it."""
    return bool({*READERS.values()} & {*choice.wishes}) and not heard.reading.quotes


def _serves_only(intent: Intent, beyond: Intent, reading: Reading) -> bool:
    """Whether a task is wanted only for what it makes for one that cannot run: they are spoken of together."""
    feeds = any(slot.modality in intent.type.outputs for slot in beyond.type.required)
    return feeds and intent.type.name in READERS.values() and _part(intent, reading) == _part(beyond, reading)


def _part(intent: Intent, reading: Reading) -> int:
    return sum(part.end <= intent.start for part in asking(reading))


def _merged(met: Iterator[Understood]) -> Iterator[Understood]:
    """What comes to the same tasks once, as likely as all of it."""
    groups: dict[object, list[Understood]] = {}
    for understood in met:
        tasks = frozenset(map(_kind, understood.intents))
        beyond = frozenset(intent.type.name for intent in understood.beyond)
        groups.setdefault((tasks, beyond) if understood.intents else understood.wishes, []).append(understood)
    merged = (replace(same[0], probability=sum(member.probability for member in same)) for same in groups.values())
    return iter(sorted(merged, key=lambda whole: -whole.probability))


def _kind(intent: Intent) -> tuple[str, str]:
    """What a task does, whichever of two types that are alike does it."""
    return _ALIKE.get(intent.type.name, intent.type.name), str(intent.slots.get("aspect"))


def _joined(intents: Sequence[Intent], reading: Reading) -> Iterator[Intent]:
    """One task of those of a type that speak of the same file; an optional prompt is all that they say."""
    groups: dict[object, list[Intent]] = {}
    for intent in intents:
        clause = reading.masked[slice(*reading.clause(max(intent.start, 0)))]
        which = wording.ordinal(clause, intent.type.required[0].modality) if intent.type.required else None
        besides_text = {name: value for name, value in intent.slots.items() if name != "text"}
        groups.setdefault((intent.type.name, which, str(besides_text)), []).append(intent)
    for same in groups.values():
        texts = dict.fromkeys(
            str(member.slots["text"])
            for member in sorted(same, key=lambda member: member.start)
            if "text" in member.slots
        )
        yield replace(same[0], slots={**same[0].slots, "text": ", ".join(texts)}) if len(texts) > 1 else same[0]
