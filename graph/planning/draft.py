"""What planning came to, whoever planned."""

from dataclasses import dataclass, field

from graph.state import Task


@dataclass(frozen=True)
class Draft:
    """What planning came to: tasks, or one question, or one refusal. ``notes`` say what was left out and why.

    Small talk is answered in ``refusal`` too: it, like a request beyond what is offered, ends without a plan.
    """

    tasks: list[Task] = field(default_factory=list)
    question: str | None = None
    refusal: str | None = None
    notes: list[str] = field(default_factory=list)
    choices: list[str] = field(default_factory=list)  # requests or answers that the user may pick instead of typing
    beyond: str = ""  # the task type that was meant most likely, and cannot run
    small_talk: bool = False
    by_rule: bool = False  # because the controller's model failed
    exit_code: int = 3  # without tasks, what a command ends with
