import pytest

from graph import offline
from graph.offline.meaning import Text, meaning
from graph.offline.reading import read
from tools.experts.packed import Packed
from tools.tasks import TASKS


def test_what_is_read_leaves_quotations_out_and_names_the_files() -> None:
    reading = read('Translate  "der Hund" into French', ["photo.jpg"])
    assert Text.of(reading, ["pictures/photo.jpg"]).text == 'Translate "…" into French [photo.jpg]'


def test_long_requests_are_read_at_both_ends() -> None:
    text = Text.of(read("first " + "word " * 400 + "last"), []).text
    assert len(text) < 720
    assert text.startswith("first")
    assert text.endswith("last")


def test_every_piece_belongs_to_its_word() -> None:
    reading = read("Hi, read photo.jpg aloud", ["photo.jpg"])
    text = Text.of(reading, ["photo.jpg"])
    words = list(text.words(text.pieces(Packed()), reading))
    assert {number for number in words if number >= 0} == set(range(len(reading.words)))
    assert words[-1] == -1  # the file's name in brackets is of no word


def test_what_the_words_add_is_where_the_wish_is_said() -> None:
    understood = meaning()
    assert understood is not None
    reading = read("The garden was lovely this year. Translate the letter into French.", ["letter.txt"])
    column = understood(reading, ["letter.txt"])[:-1, understood.heads.types.index("translation")]
    assert reading.words[int(column.argmax())].text in {"translate", "into", "french"}


@pytest.mark.parametrize(
    ("request_", "file", "task"),
    [
        ("Kannst du mir das bitte vorlesen?", "geschichte.txt", "text-to-speech"),
        ("tu peux me résumer ça vite fait ?", "rapport.pdf", "summarization"),
        ("¿qué dice en este audio?", "nota.ogg", "automatic-speech-recognition"),
        ("Kun je dit samenvatten?", "rapport.pdf", "summarization"),  # no training row is Dutch
    ],
)
def test_requests_are_understood_in_other_languages(request_: str, file: str, task: str) -> None:
    assert [each.task for each in offline.plan(request_, [file], TASKS).tasks] == [task]
