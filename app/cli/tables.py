"""What can run here: task types and candidate models, as tables or JSON."""

from collections import Counter
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from tools.errors import ConfigError
from tools.models import catalog
from tools.protocol import Candidate, Mode
from tools.registry import BACKENDS, ORDER
from tools.tasks import TASKS, TaskType


def task_rows(mode: Mode) -> list[dict[str, Any]]:
    """Every task type: what it takes and gives, the model that would run it, or what is missing."""
    return [_task_row(task, mode) for task in TASKS.values()]


def _task_row(task: TaskType, mode: Mode) -> dict[str, Any]:
    models = catalog.candidates(task, mode)
    return {
        "task": task.name,
        "purpose": task.purpose,
        "slots": [{"name": s.name, "modality": s.modality, "required": s.required, "many": s.many} for s in task.slots],
        "outputs": list(task.outputs),
        "runnable": bool(models),
        "model": models[0].model if models else None,
        "backend": models[0].backend if models else None,
        "missing": None if models else missing(task, mode),
    }


def missing(task: TaskType, mode: Mode) -> list[str]:
    """The ways to make the task run here: what to install or configure, a sentence each."""
    ways = [BACKENDS[name].missing(task) for name in ORDER[mode] if name in BACKENDS]
    return list(dict.fromkeys(way for way in ways if way))


def find_task(name: str) -> TaskType:
    """The task type of that name, or an error that names the nearest ones."""
    if task := TASKS.get(name.lower().strip().replace(" ", "-")):
        return task
    from rapidfuzz.process import extract

    near = ", ".join(match for match, _, _ in extract(name, list(TASKS), limit=3))
    raise ConfigError(f"There is no task type {name!r}. Near it: {near}. `hugginggpt tasks` lists all.")


def print_tasks(rows: list[dict[str, Any]]) -> None:
    """The runnable task types, then the names of the others with what would make them run."""
    console, runnable = _console(), [row for row in rows if row["runnable"]]
    table = _table("task", "takes", "gives", "model", "backend")
    for row in runnable:
        table.add_row(row["task"], _takes(row), " + ".join(row["outputs"]), Text(row["model"]), row["backend"])
    console.print(Text(f"{len(runnable)} of {len(rows)} task types run here\n", style="bold"), table)
    if absent := [row for row in rows if not row["runnable"]]:
        _print_absent(absent, console)


def _print_absent(absent: list[dict[str, Any]], console: Console) -> None:
    names = Text(", ".join(row["task"] for row in absent), style="dim")
    console.print(Text("\nThe others", style="bold"), Padding(names, (0, 2)), Text("\nwould run", style="bold"))
    ways = Counter(way.replace(row["task"], "TASK") for row in absent for way in row["missing"])
    reasons = Table.grid(padding=(0, 2))
    for way, count in ways.most_common():
        reasons.add_row(f"  {count:2}", Text(way))
    console.print(reasons)


def _console() -> Console:
    """Stdout; wide where no terminal says how wide it is, so that nothing is cut off."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=200)


def _table(first: str, *columns: str) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0))
    table.add_column(first, no_wrap=True)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _takes(row: dict[str, Any]) -> str:
    names = [f"{slot['name']}{'...' if slot['many'] else ''}" for slot in row["slots"] if slot["required"]]
    return ", ".join(names) or ", ".join(slot["name"] for slot in row["slots"])


def models_json(task: TaskType, known: list[tuple[Candidate, str | None]]) -> dict[str, Any]:
    """The candidates in order, and those left out with the reason."""
    usable = [candidate.model_dump() for candidate, reason in known if reason is None]
    left = [
        {"model": candidate.model, "backend": candidate.backend, "reason": reason}
        for candidate, reason in known
        if reason
    ]
    return {"task": task.name, "models": usable, "left_out": left}


def print_models(task: TaskType, known: list[tuple[Candidate, str | None]], mode: Mode) -> None:
    """Candidates in the order in which they would be tried, then the models that are left out, and why."""
    console, usable = _console(), [candidate for candidate, reason in known if reason is None]
    console.print(Text(f"{task.name}: {task.purpose}\n", style="bold"))
    if usable:
        _print_found(console, usable)
    else:
        console.print(Text("No model can do it here. Any of these would help:", style="yellow"))
        for way in missing(task, mode):
            console.print(Padding(Text(way), (0, 2)))
    reasons: dict[str, list[str]] = {}
    for candidate, reason in known:
        if reason:
            reasons.setdefault(f"{candidate.backend}: {reason}", []).append(candidate.model)
    for reason, models in reasons.items():
        console.print(Text("\nLeft out", style="bold").append(f"  {reason}", style="not bold"))
        console.print(Padding(Text(", ".join(models), style="dim"), (0, 2)))


def _print_found(console: Console, usable: list[Candidate]) -> None:
    rows = [_model_row(candidate) for candidate in usable]
    columns = [name for name in rows[0] if any(row[name] for row in rows)]
    table = _table("", *columns)
    for rank, row in enumerate(rows, 1):
        table.add_row(str(rank), *(Text(row[name]) for name in columns))
    console.print(table)


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


def abilities() -> str:
    """Which backend can do which task type when everything is installed and configured, in Markdown."""
    from tools.backends.endpoint.routes import ROUTES
    from tools.backends.llm import SKILLS
    from tools.backends.local.recipes import RECIPES
    from tools.experts import EXPERTS

    columns = {
        "local": RECIPES,
        "inference providers": [name for name, routes in ROUTES.items() if any(route.tag for route in routes)],
        "own endpoint": ROUTES,
        "controller's model": SKILLS,
        "built in": {expert.task for expert in EXPERTS},
    }
    rows = [" | ".join(["task type", *columns]), " | ".join(["---"] * (len(columns) + 1))]
    rows += [" | ".join([name, *("yes" if name in able else "" for able in columns.values())]) for name in TASKS]
    return "\n".join(f"| {row} |" for row in rows)
