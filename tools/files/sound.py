"""Sound through FFmpeg's filters, which PyAV brings along."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tools.protocol import Audio

_BLOCK = 65_536  # frames handed over at a time


def filtered(audio: Audio, filters: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
    """The samples after a chain of filters, each a name with its arguments; shape as they were given."""
    import av

    samples = np.ascontiguousarray(np.atleast_2d(audio.samples.T), np.float32)
    layout = "mono" if len(samples) == 1 else "stereo"
    graph = av.filter.Graph()
    source = graph.add_abuffer(format="fltp", sample_rate=audio.rate, layout=layout)
    sink = graph.add("abuffersink")
    graph.link_nodes(source, *(graph.add(name, arguments) for name, arguments in filters), sink).configure()
    pieces: list[NDArray[np.float32]] = []
    for start in range(0, samples.shape[1], _BLOCK):
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples[:, start : start + _BLOCK]), "fltp", layout)
        frame.sample_rate, frame.pts = audio.rate, start
        graph.push(frame)
        pieces += _ready(graph)
    graph.push(None)
    joined = np.concatenate([*pieces, *_ready(graph)], axis=1)
    return joined[0] if audio.samples.ndim == 1 else joined.T


def _ready(graph: object) -> list[NDArray[np.float32]]:
    """What has come out so far."""
    import av

    chunks: list[NDArray[np.float32]] = []
    while True:
        try:
            chunks.append(graph.pull().to_ndarray())  # type: ignore[attr-defined]  # PyAV is checked as Any
        except (av.BlockingIOError, av.EOFError):
            return chunks
