"""Memory that was freed goes back to the system: after much was taken, and not at every turn."""

import pytest

from benchmarks.memory import measure
from tools.memory import Trimmer

MB = 2**20


class Machine:
    """A process whose memory is what a test says; trimming brings it down to what is in use."""

    def __init__(self) -> None:
        self.held = self.used = 0
        self.trims = 0

    def trim(self) -> None:
        self.trims += 1
        self.held = self.used


def test_what_is_free_goes_back_once_much_of_it_has_gathered() -> None:
    machine = Machine()
    give_back = Trimmer(machine.trim, lambda: machine.held)
    machine.held = machine.used = 500 * MB
    give_back()
    for held, trims in [(600, 1), (700, 2), (500, 2), (640, 3)]:
        machine.held = held * MB
        give_back()
        assert machine.trims == trims


def test_what_is_in_use_is_not_asked_for_again_and_again() -> None:
    machine = Machine()
    give_back = Trimmer(machine.trim, lambda: machine.held)
    machine.held = machine.used = 5000 * MB
    for _ in range(3):
        give_back()
    assert machine.trims == 1


@pytest.mark.slow
def test_memory_comes_back_after_large_pictures() -> None:
    megabytes = measure(requests=4)
    assert megabytes["peak"] > megabytes["before"] + 300, "the pictures took nothing, so nothing was shown"
    assert megabytes["after"] < megabytes["before"] + 200
