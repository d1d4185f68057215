"""The fixed recipe by which a task runs on a loaded model: preprocess, forward, postprocess; each step overridable."""

from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, TypeVar

from tools.backends.local.batching import abandoned
from tools.backends.local.checkpoint import Checkpoint
from tools.backends.local.placement import Placement, framework, shares
from tools.protocol import Output

Inputs = Mapping[str, Any]
T = TypeVar("T")


class Loader(ABC):
    """How a kind of checkpoint is loaded.

    ``autos`` names the transformers Auto classes, and ``classes`` single classes, that it takes. ``half`` models are
    as good in half precision, as those that write, draw and play are; what measures is loaded in single precision.
    """

    autos: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    half = False

    @property
    def loader(self) -> str:
        """What ``load`` returns, as a name: where it is equal, a loaded model is shared."""
        return type(self).__name__

    def accepts(self, checkpoint: Checkpoint) -> bool:
        """Whether the checkpoint's classes can do the task. Imports transformers: not for the event loop."""
        known = {*self.classes, *(name for auto in self.autos for name in auto_classes(auto))}
        return any(name in known for name in checkpoint.architectures)

    def placed(self, best: Placement) -> Placement:
        """The device and number type for these models, where ``best`` is what the device does best."""
        return best if self.half else best.exact

    @abstractmethod
    def load(self, checkpoint: Checkpoint, place: Placement) -> Any:
        """Load the model, ready to run, on its device."""


class Recipe(Loader):
    """How one task type runs on one kind of checkpoint.

    ``tasks`` are the task types that a class does: it names its own, and inherits none. ``parts`` are further models
    that it needs, by name. ``batch`` calls at most run as one. ``slow`` ones take minutes,
    and have a thread of their own, so that nothing else waits for them.
    """

    tasks: tuple[str, ...] = ()
    parts: Mapping[str, Loader] = {}
    batch = 1
    slow = False

    def objection(self, checkpoint: Checkpoint) -> str | None:
        """Why a checkpoint of an accepted class still cannot do the task, such as ``has no ...``, or None."""
        return None

    def part(self, name: str, checkpoint: Checkpoint) -> str | None:
        """The model that fits a checkpoint as its part of that name, where nobody named another."""
        return None

    def combine(self, model: Any, parts: Mapping[str, Any]) -> Any:
        """What ``run`` gets: the model, with its loaded parts where it has some."""
        return model

    def group(self, inputs: Inputs) -> Hashable:
        """Calls may share a batch when this is equal."""
        return None

    @abstractmethod
    def run(self, model: Any, batch: Sequence[Inputs]) -> Sequence[Output]:
        """Run the calls of one batch and return one output for each, in order."""


class PipelineRecipe(Recipe):
    """A task that transformers still has a pipeline for."""

    pipeline: str

    @property
    def loader(self) -> str:
        """The name of the pipeline, which several tasks may share."""
        return f"pipeline {self.pipeline}"

    def load(self, checkpoint: Checkpoint, place: Placement) -> Any:
        """The pipeline on its device: from safetensors only, never with code from the repository."""
        framework()
        from transformers import pipeline

        where = {"device_map": "auto"} if place.spread else {"device": place.device}
        return pipeline(
            self.pipeline,
            model=self.model(checkpoint, place) or str(checkpoint.folder),
            dtype=place.torch_dtype,
            trust_remote_code=False,
            model_kwargs={"use_safetensors": True} | ({"max_memory": shares()} if place.spread else {}),
            **where,
            **self.processors(checkpoint),
        )

    def model(self, checkpoint: Checkpoint, place: Placement) -> Any:
        """A model loaded beforehand, where the pipeline would pick the wrong class."""
        return None

    def processors(self, checkpoint: Checkpoint) -> dict[str, Any]:
        """Tokenizers and processors loaded beforehand, where the pipeline would not find them."""
        return {}


class AutoRecipe(Recipe):
    """A task without a pipeline: a model by its Auto class, and the processors it was trained with."""

    processor = "AutoTokenizer"

    @property
    def loader(self) -> str:
        """The Auto classes, which several tasks may share."""
        return f"{self.autos} {self.processor}"

    def load(self, checkpoint: Checkpoint, place: Placement) -> Any:
        """``(processor, model)`` with the model in evaluation mode on its device."""
        return pretrained(self.processor, checkpoint), self.weights(checkpoint, place)

    def weights(self, checkpoint: Checkpoint, place: Placement) -> Any:
        """The model by the first Auto class that knows its architecture."""
        names = [a for a in self.autos if set(auto_classes(a)) & set(checkpoint.architectures)]
        return load_model([*names, *(c for c in self.classes if c in checkpoint.architectures)][0], checkpoint, place)


@cache
def auto_classes(auto: str) -> frozenset[str]:
    """The model classes an Auto class can load, by name."""
    framework()
    import transformers

    mapping = getattr(transformers, auto)._model_mapping._model_mapping
    names = ((value,) if isinstance(value, str) else value for value in mapping.values())
    return frozenset(name for group in names for name in group)


@cache
def model_types(auto: str) -> frozenset[str]:
    """The kinds of models, as configurations name them, of which an Auto class loads one with its head or without."""
    framework()
    import transformers

    return frozenset(getattr(transformers, auto)._model_mapping._model_mapping)


def load_model(name: str, checkpoint: Checkpoint, place: Placement) -> Any:
    """A transformers model class by name, loaded for inference on its device."""
    framework()
    import transformers

    where = {"device_map": "auto", "max_memory": shares()} if place.spread else {}
    model = getattr(transformers, name).from_pretrained(
        checkpoint.folder, use_safetensors=True, trust_remote_code=False, dtype=place.torch_dtype, **where
    )
    return (model if place.spread else model.to(place.device)).eval()


def pretrained(name: str, checkpoint: Checkpoint, **options: Any) -> Any:
    """A tokenizer or processor class by name, loaded from the checkpoint's folder."""
    framework()
    import transformers

    return getattr(transformers, name).from_pretrained(checkpoint.folder, trust_remote_code=False, **options)


def has_template(checkpoint: Checkpoint) -> bool:
    """Whether the checkpoint knows how a conversation is written."""
    if any((checkpoint.folder / name).exists() for name in ("chat_template.jinja", "chat_template.json")):
        return True
    files = (checkpoint.folder / name for name in ("tokenizer_config.json", "processor_config.json"))
    return any(file.exists() and '"chat_template"' in file.read_text(encoding="utf-8") for file in files)


NO_TEMPLATE = "has no template for conversations"


def new_tokens(network: Any, default: int) -> int:
    """How many tokens a model may write: its own setting, else what the task needs, fewer where its memory is short."""
    memory = getattr(network.config.get_text_config(), "max_position_embeddings", None) or 2**17
    return int(min(network.generation_config.max_new_tokens or default, memory // 2))


def slices(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """The items in order, at most ``size`` at a time: what a device can take at once."""
    return (items[start : start + size] for start in range(0, len(items), size))


def stoppers() -> Any:
    """Stopping criteria that end a generation soon after nobody waits for it any more."""
    from transformers import StoppingCriteriaList

    gone = abandoned.get()
    torch = framework()

    def stop(ids: Any, _scores: Any, **_: Any) -> Any:
        return torch.full((ids.shape[0],), gone(), dtype=torch.bool, device=ids.device)

    return StoppingCriteriaList([stop])
