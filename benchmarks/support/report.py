"""What benchmarks/execution.py measured, as tables beside its goals."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

COLUMNS = {
    "http": "begun early",
    "waiting": "after the plan",
    "bare": "bare asyncio",
    "in_process": "in process",
}
ROWS = {  # what is measured, in which workload, and where it should be: seconds, a ratio, requests a second
    "overhead, single task (s)": ("single", "overhead_s", "0.03"),
    "overhead, fan of 20 (s)": ("fan20", "overhead_s", "0.06"),
    "overhead, random 50 (s)": ("random50", "overhead_s", "0.12"),
    "makespan / critical path, random 50": ("random50", "stretch", "1.04"),
    "whole request, random 50 (s)": ("random50", "wall_s", "4.3"),
    "whole request, nobody below (s)": ("random50", "floor_s", ""),
    "CPU of this process, random 50 (s)": ("random50", "cpu_s", ""),
    "16 requests of 5 x 0.5 s at once (1/s)": ("at_once", "16", "9.5"),
}


def show(measured: Mapping[str, Any]) -> None:
    """Print the rows with their goals, then every number of the first road."""
    table = Table("measured", *(COLUMNS[road] for road in measured), "goal")
    for title, (name, field, goal) in ROWS.items():
        values = [_value(road, measured[road], name, field) for road in measured]
        table.add_row(title, *(f"{value:.3f}" if value is not None else "" for value in values), goal)
    Console(width=120).print(table)
    for part, rows in next(iter(measured.values())).items():
        table = Table(f"{part}, {next(iter(measured))}", *next(iter(rows.values()), {}))
        for name, row in rows.items():
            table.add_row(name, *(f"{value:.3f}" for value in row.values()))
        Console(width=120).print(table)


def _value(name: str, road: Mapping[str, Any], workload: str, field: str) -> float | None:
    """A number of a road; only who does not wait for the plan is measured against the lower floor."""
    if workload == "at_once":
        value = road.get("at_once", {}).get(field, {}).get("requests_per_s")
    else:
        field = "early_floor_s" if (name, field) == ("http", "floor_s") else field
        value = road.get("workloads", {}).get(workload, {}).get(field)
    return float(value) if value is not None else None
