"""Speech by eSpeak NG's library, called through ctypes. The engine is global to the process: one lock."""

import ctypes
import re
import threading
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.errors import BadOutput, InputError, ModelUnavailable
from tools.experts.glossary import in_english
from tools.experts.wording import format_of
from tools.languages import ranked_languages
from tools.protocol import Audio, Output

MAX_CHARACTERS = 50_000  # about an hour of speech
_LOCK = threading.Lock()
_SYNCHRONOUS, _DONT_EXIT, _UTF8, _SPEED = 2, 0x8000, 1, 1  # constants of espeak-ng's speak_lib.h
_RATE = 175  # words a minute, the engine's own
_PREFERRED = {"en": "en-us", "fr": "fr-fr", "zh": "cmn", "zh-cn": "cmn", "zh-tw": "cmn", "no": "nb", "tl": "en-us"}
_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


def speak(text: str, language: str | None = None, manner: str | None = None) -> Output:
    """The text spoken, 16-bit mono. Without a language, in the one the text is in, if that can be told.

    ``manner`` says how, in words: slow or fast, a male or female voice, and the format of the file.
    """
    if len(text) > MAX_CHARACTERS:
        raise InputError(f"The text has {len(text)} characters, more than {MAX_CHARACTERS} to speak; shorten it.")
    with _LOCK:
        voice = _voice(language) if language else _guessed(text)
        variant, rate, said = _manner(manner or "")
        samples = _synthesise(text, voice + variant, rate)
    if not samples.any():
        raise BadOutput("The text has nothing in it that can be spoken.")
    audio = Audio(samples.astype(np.float32) / np.float32(32768), _engine()[1])
    data = {"language": voice, "duration": round(len(samples) / audio.rate, 2)}
    return Output(f"Spoken {' '.join(said)}" if said else None, data, (audio,), format=format_of(manner or ""))


def _manner(words: str) -> tuple[str, int, list[str]]:
    """The engine's variant of a voice, the rate in words a minute, and both in words."""
    words = in_english(words)
    slow, fast = re.search(r"\bslow", words), re.search(r"\b(?:fast|quick)", words)
    woman, man = re.search(r"\bfemale|\bwoman", words), re.search(r"\bmale|\bman", words)
    rate = _RATE * 7 // 10 if slow else _RATE * 7 // 5 if fast else _RATE
    said = ["slowly"] if slow else ["fast"] if fast else []
    if woman or man:
        said.append(f"in a {'female' if woman else 'male'} voice")
    return "+f3" if woman else "+m3" if man else "", rate, said


def _synthesise(text: str, voice: str, rate: int) -> NDArray[np.int16]:
    library, pieces = _engine()[0], []

    def collect(samples: "ctypes._Pointer[ctypes.c_short]", count: int, _events: int | None) -> int:
        if samples and count > 0:
            pieces.append(np.ctypeslib.as_array(samples, (count,)).copy())
        return 0

    library.espeak_SetVoiceByName(voice.encode())
    library.espeak_SetParameter(_SPEED, rate, 0)
    callback = _CALLBACK(collect)  # held here: the library keeps no reference
    library.espeak_SetSynthCallback(callback)
    raw = text.replace("\0", " ").encode() + b"\0"
    if library.espeak_Synth(raw, ctypes.c_size_t(len(raw)), 0, 1, 0, _UTF8, None, None) != 0:
        raise BadOutput("The speech engine refused the text.")
    return np.concatenate(pieces) if pieces else np.zeros(1, np.int16)


@cache
def _engine() -> tuple[Any, int]:
    """The library, initialised once, and its sample rate in Hz."""
    import espeakng_loader

    library = ctypes.CDLL(espeakng_loader.get_library_path())
    rate = library.espeak_Initialize(_SYNCHRONOUS, 0, espeakng_loader.get_data_path().encode(), _DONT_EXIT)
    if rate <= 0:
        raise ModelUnavailable("The speech engine did not start; reinstall espeakng-loader.")
    return library, rate


class _Voice(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("languages", ctypes.c_char_p)]


@cache
def _voices() -> dict[str, str]:
    """The engine's language codes by code and by English name, both in lower case."""
    library = _engine()[0]
    library.espeak_ListVoices.restype = ctypes.POINTER(ctypes.POINTER(_Voice))
    listed, voices = library.espeak_ListVoices(None), dict[str, str]()
    index = 0
    while listed[index]:
        name = listed[index].contents.name.decode().partition(" (")[0].strip().lower()
        code = listed[index].contents.languages[1:].decode()  # the first byte is a priority
        voices.setdefault(code, code)
        voices.setdefault(name, _PREFERRED.get(code.partition("-")[0], code))
        index += 1
    return voices | _PREFERRED


def _voice(language: str) -> str:
    wanted = language.strip().lower().replace("_", "-")
    for name in (wanted, wanted.partition("-")[0]):
        if name in _voices():
            return _voices()[name]
    raise ModelUnavailable(f"eSpeak NG has no voice for {language}; name a language such as German or de.")


def _guessed(text: str) -> str:
    """The voice for the language the text seems to be in; English where that is unclear."""
    try:
        languages = ranked_languages(text)
    except ModuleNotFoundError:
        return "en-us"
    sure = languages and languages[0]["score"] > 0.9 and len(text) >= 20  # short texts mislead the detector
    return _voices().get(languages[0]["code"], "en-us") if sure else "en-us"
