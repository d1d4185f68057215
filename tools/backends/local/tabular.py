"""Tables in, classes out, by scikit-learn models saved with skops, which unlike pickles run no code when read."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tools.backends.local.checkpoint import Checkpoint
from tools.backends.local.placement import Placement
from tools.backends.local.recipe import Inputs, Recipe
from tools.errors import InputError, ModelError, ModelUnavailable
from tools.files import media
from tools.protocol import Output


class TabularClassification(Recipe):
    """A class for every row of a table."""

    tasks: tuple[str, ...] = ("tabular-classification",)

    def accepts(self, checkpoint: Checkpoint) -> bool:
        """A skops file says what is in it only when it is read."""
        return any(name.endswith(".skops") for name in checkpoint.names)

    def load(self, checkpoint: Checkpoint, place: Placement) -> Any:
        """The estimator. Raises ModelUnavailable when it holds types that skops does not trust."""
        from skops.io import get_untrusted_types, load

        file = checkpoint.folder / checkpoint.weights(place.dtype)[0]
        if strange := get_untrusted_types(file=file):
            raise ModelUnavailable(f"{checkpoint.model} holds types that are not trusted: {', '.join(strange)}.")
        return load(file)

    def run(self, model: Any, batch: Sequence[Inputs]) -> Sequence[Output]:
        """One table after the other."""
        return [self._classify(model, Path(b["table"])) for b in batch]

    def _classify(self, model: Any, path: Path) -> Output:
        columns = media.table(path)
        wanted = list(getattr(model, "feature_names_in_", columns))
        missing = [name for name in wanted if name not in columns]
        if missing or len(wanted) != model.n_features_in_:
            raise ModelError(  # of this model alone: another may read these columns
                f"{path.name} lacks the columns this model needs: {', '.join(missing) or model.n_features_in_}."
            )
        try:
            rows = [[float(columns[name][i]) for name in wanted] for i in range(len(columns[wanted[0]]))]
        except ValueError as error:
            raise InputError(f"{path.name} holds something that is not a number: {error}.") from error
        classes = [value.item() if hasattr(value, "item") else value for value in model.predict(rows)]
        return Output(", ".join(map(str, classes)), classes)
