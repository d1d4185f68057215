"""Instructions in German, French, Spanish and Chinese do what English ones do, which stay as they are."""

import numpy as np
import pytest
from PIL import Image

from tools.errors import ModelUnavailable
from tools.experts import audio, filters
from tools.experts.glossary import in_english
from tools.experts.wording import format_of
from tools.protocol import Audio

PICTURE = Image.new("RGB", (80, 60), "teal")
RECORDING = Audio(np.sin(np.arange(88_200) / 9).astype(np.float32) / 9, 22_050)  # four seconds


@pytest.mark.parametrize(
    ("said", "done"),
    [
        ("Mach es schwarzweiß und spiegle es", "Grey, mirrored from left to right."),
        ("Drehe das Bild um 90 Grad nach links", "Turned by 90° to the left."),
        ("Das Foto ist zu dunkel", "Brightened."),
        ("Das Bild ist unscharf", "Sharpened."),
        ("Mach den Hintergrund unscharf", "Blurred."),
        ("Verkleinere es auf 50 Prozent", "Scaled to 40 x 30 pixels."),
        ("Schneide es quadratisch zu", "Cropped to 60 x 60 pixels around the middle."),
        ("Stell das Bild auf den Kopf", "Turned by 180°."),
        ("Speichere es bitte als JPEG", "Saved as JPG."),
        ("Mets-la en noir et blanc puis tourne-la de 90 degrés à gauche", "Grey, turned by 90° to the left."),
        ("Réduis le bruit et améliore le contraste", "Noise removed, contrast and sharpness raised."),
        ("Redimensionne-la à 50 %", "Scaled to 40 x 30 pixels."),
        ("Enregistre cette image en PNG", "Saved as PNG."),
        ("Haz la foto en blanco y negro y recórtala en cuadrado", "Grey, cropped to 60 x 60 pixels around the middle."),
        ("Hazlo más claro", "Brightened."),
        ("Quita el ruido", "Noise removed."),
        ("把这张图片变成黑白的", "Grey."),
        ("把照片放大\uff0c然后保存为png", "Enlarged twofold."),
        ("旋转90度", "Turned by 90° to the right."),
    ],
)
def test_pictures_are_changed_as_other_languages_ask_for_it(said: str, done: str) -> None:
    assert filters.understands(said)
    assert filters.apply(PICTURE, said).text == done


@pytest.mark.parametrize(
    ("said", "done"),
    [
        ("Nur die ersten 2 Sekunden", "Cut to the part from 0 s to 2 s."),
        ("Schneide die letzten 2 Sekunden weg", "Cut to the part from 0 s to 2 s."),
        ("Rückwärts abspielen", "Reversed."),
        ("Coupe les 3 premières secondes", "Cut to the part from 3 s to 4 s."),
        ("Un peu plus vite", "Played at 1.25 times the speed, pitch kept."),
        ("Baja el volumen", "Quieter by 6 dB."),
        ("前2秒", "Cut to the part from 0 s to 2 s."),
    ],
)
def test_recordings_are_changed_as_other_languages_ask_for_it(said: str, done: str) -> None:
    assert audio.understands(said)
    assert audio.change(RECORDING, said).text == done


@pytest.mark.parametrize("said", ["Entferne den Hintergrund", "Mets-lui un chapeau", "Añade un gato", "加一只猫"])
def test_what_no_filter_can_do_is_not_taken_for_one(said: str) -> None:
    assert not filters.understands(said)
    with pytest.raises(ModelUnavailable):
        filters.apply(PICTURE, said)


def test_formats_are_heard_in_every_language() -> None:
    said = ("als JPEG", "en format webp", "guárdala como png", "存成mp3", "as a wav file")
    assert [format_of(words) for words in said] == [".jpg", ".webp", ".png", ".mp3", ".wav"]


@pytest.mark.parametrize(
    "said",
    [
        "hello there, a giraffe in a random tournament",
        "flour and grisly ends by the border",
        "reduce the noise by 50 %",
    ],
)
def test_english_is_left_as_it_is(said: str) -> None:
    assert in_english(said) == said
