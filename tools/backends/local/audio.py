"""Recordings in, words, labels or recordings out; and text in, sound out."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.backends.local.checkpoint import Checkpoint
from tools.backends.local.chunking import chunks
from tools.backends.local.placement import Placement, framework
from tools.backends.local.recipe import Inputs, Loader, PipelineRecipe, Recipe, load_model, pretrained
from tools.errors import BadOutput
from tools.findings import average, labelled
from tools.protocol import Audio, Output

_WINDOW = 30.0  # seconds of sound that a model hears at once


class SpeechRecognition(PipelineRecipe):
    """What is said, with times. Long recordings are heard window by window."""

    tasks: tuple[str, ...] = ("automatic-speech-recognition",)
    pipeline = "automatic-speech-recognition"
    autos = ("AutoModelForSpeechSeq2Seq",)
    half = True
    batch = 4

    def run(self, model: Any, batch: Sequence[Inputs]) -> Sequence[Output]:
        """All recordings of a batch together."""
        rate = model.feature_extractor.sampling_rate
        heard = [{"raw": mono(b["audio"], rate), "sampling_rate": rate} for b in batch]
        whisper = model.model.config.model_type == "whisper"
        long = any(len(recording["raw"]) > _WINDOW * rate for recording in heard)
        options: dict[str, Any] = {"batch_size": len(heard)}
        if whisper and long:
            options["return_timestamps"] = True
        elif long:
            options |= {"chunk_length_s": _WINDOW}
        return [_said(result) for result in model(heard, **options)]


class LetterRecognition(SpeechRecognition):
    """The same by models that score letters rather than write, such as wav2vec 2."""

    tasks: tuple[str, ...] = ("automatic-speech-recognition",)
    autos = ("AutoModelForCTC",)
    half = False


class AudioClassification(PipelineRecipe):
    """Classes with scores."""

    tasks: tuple[str, ...] = ("audio-classification",)
    pipeline = "audio-classification"
    autos = ("AutoModelForAudioClassification",)
    batch = 8

    def run(self, model: Any, batch: Sequence[Inputs]) -> Sequence[Output]:
        """The windows of all recordings together; the scores of a long one are those of its windows on average."""
        heard = [_windows(b["audio"], model.feature_extractor) for b in batch]
        flat = [window for windows in heard for window in windows]
        results = iter(model(flat, batch_size=min(len(flat), self.batch), top_k=model.model.config.num_labels))
        return [labelled(average([next(results) for _ in windows], [len(w) for w in windows])) for windows in heard]


class ZeroShotAudioClassification(PipelineRecipe):
    """Labels of the user's choice, with scores."""

    tasks: tuple[str, ...] = ("zero-shot-audio-classification",)
    pipeline = "zero-shot-audio-classification"
    autos = ("AutoModel",)
    classes = ("ClapModel",)

    def accepts(self, checkpoint: Checkpoint) -> bool:
        """Only CLAP compares sound with words; AutoModel would load anything."""
        return "ClapModel" in checkpoint.architectures

    def group(self, inputs: Inputs) -> Hashable:
        """Only calls with the same labels run together."""
        return tuple(inputs["labels"])

    def run(self, model: Any, batch: Sequence[Inputs]) -> Sequence[Output]:
        """One recording after the other, each window by window."""
        return [self._compare(model, b["audio"], list(b["labels"])) for b in batch]

    def _compare(self, model: Any, audio: Audio, labels: list[str]) -> Output:
        windows = _windows(audio, model.feature_extractor)
        results = [model(window, candidate_labels=labels) for window in windows]
        return labelled(average(results, [len(window) for window in windows]), top=len(labels))


class TextToSpeech(PipelineRecipe):
    """A text spoken, a long one sentence by sentence."""

    tasks: tuple[str, ...] = ("text-to-speech",)
    pipeline = "text-to-audio"
    autos = ("AutoModelForTextToWaveform", "AutoModelForTextToSpectrogram")
    excluded: tuple[str, ...] = ("MusicgenForConditionalGeneration", "MusicgenMelodyForConditionalGeneration")
    longest = 400  # tokens in one go
    options: Mapping[str, Any] = {}

    def accepts(self, checkpoint: Checkpoint) -> bool:
        """Anything that turns text into sound, but music models."""
        return super().accepts(checkpoint) and not set(self.excluded) & set(checkpoint.architectures)

    def run(self, model: Any, batch: Sequence[Inputs]) -> Sequence[Output]:
        """One text after the other."""
        return [self._speak(model, str(b["text"])) for b in batch]

    def _speak(self, model: Any, text: str) -> Output:
        tokenizer = model.tokenizer or model.processor.tokenizer
        made = [model(piece, **self.options) for _, piece in chunks(tokenizer, text, self.longest)]
        sound = Audio(np.concatenate([_samples(spoken["audio"]) for spoken in made]), int(made[0]["sampling_rate"]))
        return _sound(sound)


class TextToAudio(TextToSpeech):
    """Music or sound from a description, ten seconds of it."""

    tasks: tuple[str, ...] = ("text-to-audio",)
    half = True
    excluded: tuple[str, ...] = ("VitsModel", "SpeechT5ForTextToSpeech", "FastSpeech2ConformerWithHifiGan")
    options: Mapping[str, Any] = {"generate_kwargs": {"max_new_tokens": 512}}


class Vocoder(Loader):
    """Sound from a spectrogram."""

    classes = ("SpeechT5HifiGan",)

    def load(self, checkpoint: Checkpoint, place: Placement) -> Any:
        """The vocoder alone."""
        return load_model("SpeechT5HifiGan", checkpoint, place)


class VoiceConversion(Recipe):
    """A recording in another voice, by SpeechT5 and its vocoder."""

    tasks: tuple[str, ...] = ("audio-to-audio",)
    classes = ("SpeechT5ForSpeechToSpeech",)
    parts: Mapping[str, Loader] = {"vocoder": Vocoder()}

    def load(self, checkpoint: Checkpoint, place: Placement) -> Any:
        """Extractor and model."""
        extractor = pretrained("SpeechT5FeatureExtractor", checkpoint)
        return extractor, load_model("SpeechT5ForSpeechToSpeech", checkpoint, place)

    def combine(self, model: Any, parts: Mapping[str, Any]) -> Any:
        """Extractor, model and vocoder."""
        return *model, parts["vocoder"]

    def run(self, model: Any, batch: Sequence[Inputs]) -> Sequence[Output]:
        """One recording after the other, each by windows."""
        return [self._convert(model, b["audio"]) for b in batch]

    def _convert(self, model: Any, audio: Audio) -> Output:
        extractor, network, vocoder = model
        torch, rate = framework(), extractor.sampling_rate
        samples, step = mono(audio, rate), int(_WINDOW * rate)
        speaker = torch.zeros(1, network.config.speaker_embedding_dim, device=network.device, dtype=network.dtype)
        made = []
        for start in range(0, len(samples), step):
            heard = extractor(audio=samples[start : start + step], sampling_rate=rate, return_tensors="pt").input_values
            with torch.inference_mode():
                spoken = network.generate_speech(
                    heard.to(network.device, network.dtype), speaker, vocoder=vocoder, maxlenratio=2.0
                )
            made.append(_samples(spoken.float().cpu().numpy()))
        return _sound(Audio(np.concatenate(made), rate))


def _windows(audio: Audio, extractor: Any) -> list[NDArray[np.float32]]:
    """A recording as a model takes it: whole where that is short, else in windows that it hears to their end."""
    samples = mono(audio, extractor.sampling_rate)
    size = int(_heard(extractor) * extractor.sampling_rate)
    starts = range(0, max(1, len(samples) - size // 2), size)  # a rest of less than half a window is left out
    return [samples[start : start + size] for start in starts]


def _heard(extractor: Any) -> float:
    """Seconds that a model hears at once: CLAP tells them, AST counts hundredths of them."""
    if hasattr(extractor, "nb_max_samples"):
        return float(extractor.nb_max_samples / extractor.sampling_rate)
    frames = getattr(extractor, "max_length", None)
    return frames / 100 if frames and hasattr(extractor, "num_mel_bins") else _WINDOW


def mono(audio: Audio, rate: int) -> NDArray[np.float32]:
    """One channel at the rate a model was trained on, in Hz."""
    samples = audio.samples if audio.samples.ndim == 1 else audio.samples.mean(axis=1)
    samples = np.ascontiguousarray(samples, dtype=np.float32)
    return samples if audio.rate == rate else _resample(samples, audio.rate, rate)


def _resample(samples: NDArray[np.float32], old: int, new: int) -> NDArray[np.float32]:
    import av

    frame = av.AudioFrame.from_ndarray(samples[np.newaxis], format="flt", layout="mono")
    frame.sample_rate = old
    resampler = av.AudioResampler(format="flt", layout="mono", rate=new)
    pieces = [piece.to_ndarray()[0] for piece in (*resampler.resample(frame), *resampler.resample(None))]
    return np.concatenate(pieces).astype(np.float32)


def _samples(made: Any) -> NDArray[np.float32]:
    """Shape (frames,) from (frames,), (1, frames) or (1, channels, frames)."""
    values = np.asarray(made, dtype=np.float32)
    while values.ndim > 1:
        values = values[0] if values.shape[0] == 1 else values.mean(axis=0)
    return np.clip(np.nan_to_num(values), -1, 1)


def _sound(audio: Audio) -> Output:
    if not len(audio.samples):
        raise BadOutput("The model made no sound: try another text or another model.")
    seconds = round(len(audio.samples) / audio.rate, 2)
    return Output(f"{seconds} s of sound", {"seconds": seconds, "sampling_rate": audio.rate}, (audio,))


def _said(result: Mapping[str, Any]) -> Output:
    data: dict[str, Any] = {"text": str(result["text"]).strip()}
    if not data["text"]:
        raise BadOutput("No speech was heard in the recording.")
    if result.get("chunks"):
        data["chunks"] = [
            {"text": c["text"], "start": c["timestamp"][0], "end": c["timestamp"][1]} for c in result["chunks"]
        ]
    return Output(data["text"], data)
