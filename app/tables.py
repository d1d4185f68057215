"""What can run here: task types and candidate models, as tables or JSON."""

from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from tools import catalog
from tools.backends import BACKENDS
from tools.backends.base import Candidate, Mode
from tools.errors import ConfigError
from tools.tasks import TASKS, TaskType


def task_rows(mode: Mode) -> list[dict[str, Any]]:
    """Every task type: what it takes and gives, the model that would run it, or what is missing."""
    return [_task_row(task, mode) for task in TASKS.values()]


def _task_row(task: TaskType, mode: Mode) -> dict[str, Any]:
    found = catalog.candidates(task, mode)
    return {
        "task": task.name,
        "purpose": task.purpose,
        "slots": [{"name": s.name, "modality": s.modality, "required": s.required, "many": s.many} for s in task.slots],
        "outputs": list(task.outputs),
        "runnable": bool(found),
        "model": found[0].model if found else None,
        "backend": found[0].backend if found else None,
        "missing": None if found else missing(task, mode),
    }


def missing(task: TaskType, mode: Mode) -> str:
    """What to install or configure so that the task could run, one sentence per way."""
    ways = [BACKENDS[name].missing(task) for name in catalog.ORDER[mode] if name in BACKENDS]
    return " Or: ".join(dict.fromkeys(way for way in ways if way)) or "No way to run models is installed."


def find_task(name: str) -> TaskType:
    """The task type of that name, or an error that names the nearest ones."""
    if task := TASKS.get(name.lower().strip().replace(" ", "-")):
        return task
    from rapidfuzz.process import extract

    near = ", ".join(match for match, _, _ in extract(name, list(TASKS), limit=3))
    raise ConfigError(f"There is no task type {name!r}. Near it: {near}. `hugginggpt tasks` lists all.")


def print_tasks(rows: list[dict[str, Any]]) -> None:
    """The runnable task types first, then the others with what they lack."""
    console, runnable = Console(highlight=False), [row for row in rows if row["runnable"]]
    table = Table("task", "takes", "gives", "runs on", box=SIMPLE_HEAD)
    for row in runnable:
        table.add_row(row["task"], _takes(row), " + ".join(row["outputs"]), Text(f"{row['model']} ({row['backend']})"))
    console.print(Text(f"{len(runnable)} of {len(rows)} task types run here", style="bold"), table)
    absent: dict[str, list[str]] = {}
    for row in rows:
        if not row["runnable"]:
            absent.setdefault(row["missing"].replace(row["task"], "it"), []).append(row["task"])
    for reason, tasks in absent.items():
        console.print(Text(f"\n{reason}", style="yellow"))
        console.print(Padding(Text(f"would add: {', '.join(tasks)}", style="dim"), (0, 0, 0, 2)))


def _takes(row: dict[str, Any]) -> str:
    names = [f"{slot['name']}{'...' if slot['many'] else ''}" for slot in row["slots"] if slot["required"]]
    return ", ".join(names) or ", ".join(slot["name"] for slot in row["slots"])


def models_json(task: TaskType, known: list[tuple[Candidate, str | None]]) -> dict[str, Any]:
    """The candidates in order, and those left out with the reason."""
    usable = [candidate.model_dump() for candidate, reason in known if reason is None]
    left = [{"model": each.model, "backend": each.backend, "reason": reason} for each, reason in known if reason]
    return {"task": task.name, "models": usable, "left_out": left}


def print_models(task: TaskType, known: list[tuple[Candidate, str | None]], mode: Mode) -> None:
    """Candidates in the order in which they would be tried, then the models that are left out, and why."""
    console, found = Console(highlight=False), [candidate for candidate, reason in known if reason is None]
    if found:
        _print_found(console, task, found)
    else:
        console.print(Text(f"No model can do {task.name} here. {missing(task, mode)}", style="yellow"))
    left = [(candidate, reason) for candidate, reason in known if reason]
    if left:
        table = Table("left out", "backend", "because", box=SIMPLE_HEAD)
        for candidate, reason in left:
            table.add_row(Text(candidate.model, overflow="fold"), candidate.backend, Text(reason))
        console.print(table)


def _print_found(console: Console, task: TaskType, found: list[Candidate]) -> None:
    rows = [_model_row(candidate) for candidate in found]
    columns = [name for name in rows[0] if any(row[name] for row in rows)]
    table = Table("", *columns, box=SIMPLE_HEAD)
    for rank, row in enumerate(rows, 1):
        table.add_row(str(rank), *(Text(row[name], overflow="fold") for name in columns))
    console.print(Text(f"{task.name}: {task.purpose}", style="bold"), table)


def _model_row(candidate: Candidate) -> dict[str, str]:
    return {
        "model": candidate.model,
        "backend": candidate.backend,
        "device": candidate.device,
        "size": _short(candidate.parameters),
        "downloads": _short(candidate.downloads),
        "licence": candidate.licence or "",
        "gated": "yes" if candidate.gated else "",
        "about": candidate.description,
    }


def _short(number: int | None) -> str:
    """A count in few characters: 1234567 is 1.2M."""
    if number is None:
        return ""
    for limit, suffix in ((10**9, "B"), (10**6, "M"), (10**3, "k")):
        if number >= limit:
            return f"{number / limit:.1f}{suffix}"
    return str(number)
