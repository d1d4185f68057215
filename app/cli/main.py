"""The command line. Everything heavy is imported inside the commands, so that --help is quick."""

import os
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from upath import UPath

from app.cli import data, keys, tools
from app.cli import options as o
from app.cli.errors import Commands, emit, guarded

app = typer.Typer(
    name="hugginggpt",
    cls=Commands,
    help="One prompt in: Hugging Face models are planned, chosen, run in parallel and explained.",
    epilog="Exit codes: 0 done, 1 a task failed, 2 bad input or option, 3 no plan, 4 all models failed, 130 stopped.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


app.add_typer(tools.app, name="tools")
app.add_typer(keys.app, name="keys")
app.add_typer(data.app, name="data")


@app.callback()
def options(
    debug: Annotated[bool, typer.Option("--debug", help="Show a traceback where the program itself fails.")] = False,
) -> None:
    """Options of every command."""
    if debug:
        os.environ["HUGGINGGPT_DEBUG"] = "1"


@app.command()
@guarded
def ask(
    request: o.RequestText,
    inputs: o.Inputs = None,
    out: o.Out = None,
    mode: o.Mode = None,
    llm: o.Llm = None,
    base_url: o.BaseUrl = None,
    select: o.Select = None,
    top_k: o.TopK = None,
    thread: o.Thread = None,
    approve: o.Approve = None,
    no_cache: o.NoCache = False,
    how: o.How = False,
    opening: o.Open = False,
    plan_only: Annotated[bool, typer.Option("--plan-only", help="Print the plan and run nothing.")] = False,
    as_json: o.AsJson = False,
) -> None:
    """Ask for anything that models can do, and get an answer and files."""
    o.greet(quiet=as_json)
    from app.checkpoints import new_thread
    from app.cli.ask import Ask

    o.configure(out, base_url)
    asking = o.approval(approve)
    context = o.run_options(llm=llm, mode=mode, select=select, top_k=top_k, approve_plan=asking, cache=not no_cache)
    job = Ask(context, as_json, how, opening, thread=thread or new_thread())
    raise typer.Exit((job.plan if plan_only else job.ask)(request, inputs or []))


@app.command()
@guarded
def demo(out: o.Out = None) -> None:
    """Ask five things at once about a picture of a notice that comes along."""
    notice = Path(__file__).parents[2] / "examples" / "notice.png"
    request = "Read this notice aloud, tell me its language and whether its tone is positive, and show me its outlines."
    ask(request, [str(notice)], out=out, llm="offline", how=True)


@app.command()
@guarded
def plan(
    request: o.RequestText,
    inputs: o.Inputs = None,
    mode: o.Mode = None,
    llm: o.Llm = None,
    base_url: o.BaseUrl = None,
    as_json: o.AsJson = False,
) -> None:
    """Print the plan for a request and run nothing."""
    ask(request, inputs, mode=mode, llm=llm, base_url=base_url, plan_only=True, as_json=as_json)


@app.command()
@guarded
def chat(
    inputs: o.Inputs = None,
    out: o.Out = None,
    mode: o.Mode = None,
    llm: o.Llm = None,
    base_url: o.BaseUrl = None,
    thread: o.Thread = None,
    approve: o.Approve = None,
) -> None:
    """Talk: the conversation and its files are remembered from turn to turn."""
    from app.checkpoints import new_thread
    from app.cli.chat import Chat

    o.configure(out, base_url)
    context = o.run_options(llm=llm, mode=mode, approve_plan=o.approval(approve))
    raise typer.Exit(Chat(context, thread or new_thread(), inputs or []).talk())


@app.command()
@guarded
def resume(out: o.Out = None, as_json: o.AsJson = False) -> None:
    """Go on with the request that was stopped last; finished tasks are not run again."""
    from app.cli.ask import resume as go_on

    o.configure(out)
    raise typer.Exit(go_on(as_json=as_json))


@app.command()
@guarded
def threads(out: o.Out = None, as_json: o.AsJson = False) -> None:
    """List past conversations, the latest first; `chat --thread ID` goes on with one."""
    from app.cli.ask import listed

    o.configure(out)
    conversations = listed(50)
    if as_json:
        emit({"threads": [{"thread": thread, "said": said} for thread, said in conversations]})
    for thread, said in [] if as_json else conversations:
        typer.echo(f"{thread}  {said}")


@app.command()
@guarded
def replay(
    file: Annotated[str, typer.Argument(help="A file that a task has made; its provenance stands beside it.")],
    out: o.Out = None,
    as_json: o.AsJson = False,
) -> None:
    """Make a file again as it was made, from its provenance, and compare the two."""
    from app.cli.replay import run, show

    o.configure(out)
    again = run(UPath(file))
    emit(asdict(again)) if as_json else show(again)
    raise typer.Exit(0 if again.same else 1)


@app.command()
@guarded
def tasks(mode: o.Mode = None, as_json: o.AsJson = False) -> None:
    """List every task type: what it takes and gives, and what runs it here or is missing."""
    from app.cli import tables

    rows = tables.task_rows(o.run_options(mode=mode).mode)
    emit({"tasks": rows}) if as_json else tables.print_tasks(rows)


@app.command()
@guarded
def models(
    task: Annotated[str, typer.Argument(help="A task type.")], mode: o.Mode = None, as_json: o.AsJson = False
) -> None:
    """List the models that could do a task, in the order in which they would be tried, and why others could not."""
    from app.cli import tables
    from tools.models.catalog import explain
    from tools.models.hub import hub

    row, chosen = tables.find_task(task), o.run_options(mode=mode).mode
    explain(row, chosen)
    hub().settle(5)  # this process ends before a background query would
    known = explain(row, chosen)
    if as_json:
        emit(tables.models_json(row, known))
    else:
        tables.print_models(row, known, chosen)


@app.command()
@guarded
def doctor(as_json: o.AsJson = False) -> None:
    """Say what is installed, configured and reachable, and what each missing thing would enable."""
    from app.cli.doctor import examine, print_findings

    findings = examine()
    emit({"checks": [finding._asdict() for finding in findings]}) if as_json else print_findings(findings)


@app.command("eval", add_help_option=False, context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
@guarded
def evaluate(context: typer.Context) -> None:
    """Score the planner: eval everyday (or taskbench) --data FILE; --controller NAME, --predictions FILE, --json."""
    from benchmarks import everyday, taskbench

    known = {"everyday": everyday.main, "taskbench": taskbench.main}
    name, *rest = context.args or [""]
    known[name](rest) if name in known else taskbench.main(context.args)


@app.command()
@guarded
def serve(
    host: Annotated[
        str, typer.Option(help="Address to listen on; any but this machine's own needs API keys.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8004,
    out: o.Out = None,
) -> None:
    """Serve the page, HTTP, OpenAI's API and MCP; with HUGGINGGPT_DATABASE LangGraph's whole API, too."""
    o.configure(out)
    o.greet("Starting the server")
    from app.server.serving import serve as run

    base = f"http://{host}:{port}"
    typer.secho(f"Serving at {base}/app (the page) and {base}/v1 (OpenAI's API). Ctrl-C stops it.", err=True)
    run(host, port)


@app.command()
@guarded
def key(
    owner: Annotated[str, typer.Argument(help="Whose key it is: lower-case letters, digits, - and _.")],
    file: Annotated[Path, typer.Option(help="The key file.", envvar="HUGGINGGPT_KEYS")] = Path("keys.json"),
    days: Annotated[float | None, typer.Option(min=0.001, help="After how many days it expires; else never.")] = None,
) -> None:
    """Make an API key for the server and print it, this once; the file keeps only its hash."""
    from app.audit import audit
    from app.server.keys import add

    typer.echo(add(file, owner, days))
    audit("key made", "", of=owner, days=days)
    typer.secho(f"Start the server with HUGGINGGPT_KEYS={file} to ask for it.", err=True)


def main() -> None:
    """The entry point."""
    app()


if __name__ == "__main__":
    main()
