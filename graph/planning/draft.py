"""What planning came to, whoever planned."""

from dataclasses import dataclass, field

from graph.state import Task


@dataclass(frozen=True)
class Draft:
    """What planning came to: tasks, or one question, or one refusal. ``notes`` say what was left out and why.

    Small talk is answered in ``refusal`` too: it, like a request beyond what is offered, ends without a plan.
    ``choices`` are the answers that a question offers, the likeliest first.
    """

    tasks: list[Task] = field(default_factory=list)
    question: str | None = None
    refusal: str | None = None
    notes: list[str] = field(default_factory=list)
    by_rule: bool = False  # because the controller's model failed
    choices: list[str] = field(default_factory=list)
    small_talk: bool = False
    exit_code: int = 3  # without tasks, what a command ends with
