"""The command line: `python -m mlc_tf --help`."""

import contextlib
import os
import pathlib
import signal
import sys

import click
import rich.console

RELOAD = "If it is open in JupyterLab: File > Reload Notebook from Disk."

# The commands import what they need themselves: --help must not wait for TensorFlow.


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def main() -> None:
    """Deep multi-label classification with Keras and TensorFlow: run and check the course."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a pipe on Windows cannot show every letter: better a ? than no report
            stream.reconfigure(errors="replace")


@main.command(context_settings={"ignore_unknown_options": True})
@click.argument("options", nargs=-1, type=click.UNPROCESSED, metavar="[OPTION ...]")
def lab(options) -> None:
    """Open JupyterLab on your own copies of the lessons.

    Copies the lessons that are not yet in the folder my/ into it; git ignores that folder. OPTION is one of
    JupyterLab's.

    \b
    Examples:
      python -m mlc_tf lab
      python -m mlc_tf lab --port 9000 --no-browser
    """
    from jupyterlab import labapp

    from mlc_tf.course import copies

    with _told_plainly():
        copies.lay()
    os.environ["JUPYTER_PREFER_ENV_PATH"] = "1"  # before a kernel of the same name that the person has registered
    # So that `python` is the course's own in a terminal of JupyterLab, too.
    os.environ["PATH"] = os.pathsep.join([os.path.dirname(sys.executable), os.environ.get("PATH", os.defpath)])
    labapp.main([*copies.lab_arguments(), *options])


@main.command()
@click.argument("name")
def reset(name) -> None:
    """Put a fresh copy of a lesson into the folder my/.

    The copy there is moved to my/earlier, under the date. NAME is a number or the start of a name.
    """
    from mlc_tf.course import copies

    with _told_plainly():
        for mine, earlier in copies.reset(name).items():
            click.echo(f"{mine} is fresh." + (f" Your copy is now {earlier}" if earlier else ""))
    click.echo(RELOAD)


@main.command()
@click.argument("names", nargs=-1, metavar="[NAME ...]")
@click.option("--apply", is_flag=True, help="Bring them over, with your answers to the exercises.")
def update(names, apply) -> None:
    """Say which of your copies are of lessons that have changed.

    With --apply each is laid afresh, with your answers to its exercises. What else you wrote is in your copy as it
    was, in my/earlier, under the date. NAME is a number or the start of a name; all of them when none is given.
    """
    from mlc_tf.course import copies

    with _told_plainly():
        for mine in copies.orphans():
            click.echo(f"There is no lesson {mine.stem} any more: {mine} stays as it is.")
        outdated = copies.outdated(names)
        for mine in outdated if apply else ():
            updated = copies.update(mine)
            click.echo(f"{mine.stem} is brought over; your answers in it: {', '.join(updated.carried) or 'none'}.")
            if updated.changed:
                click.echo(f"  asked another way now, look again: {', '.join(updated.changed)}.")
            if updated.left:
                click.echo(f"  no longer asked for: {', '.join(updated.left)}.")
            click.echo(f"  your copy as it was: {updated.earlier}")
    if apply and outdated:
        click.echo(RELOAD)
    elif outdated:
        click.echo(f"Changed since you took your copy: {', '.join(mine.stem for mine in outdated)}.")
        click.echo("Bring them over, with your answers: python -m mlc_tf update --apply")
    else:
        click.echo("Your copies are of the lessons as they are now.")


@main.command()
@click.argument("name")
def compare(name) -> None:
    """Show your answers beside the solutions.

    NAME is the number of a lesson or the start of its name.
    """
    from mlc_tf.course import copies

    with _told_plainly():
        rich.console.Console().print(copies.comparison(name))


@main.command()
def progress() -> None:
    """Show how many exercises you have solved.

    For each lesson: how many are solved, tried, and open, by what their checks said last in your copies.
    """
    from mlc_tf.course import copies

    with _told_plainly():
        rich.console.Console().print(copies.standing())


@main.command()
@click.argument("names", nargs=-1, metavar="[NAME ...]")
@click.option(
    "--profile",
    type=click.Choice(["smoke", "quick", "full"]),
    help="smoke: every cell runs, nothing is learnt; a few minutes. quick: as committed, for two CPU cores. "
    "full: for a GPU, no time limits. [default: as it stands]",
)
@click.option(
    "--set",
    "changes",
    multiple=True,
    metavar="NAME=VALUE",
    help="Change the lesson's line 'NAME = ...'. VALUE is Python (3, [1, 2]); a bare word, and what is not "
    "Python, is text. Repeatable.",
)
@click.option(
    "--output",
    type=click.Path(path_type=pathlib.Path),
    metavar="DIR",
    help="Where the executed notebooks and pages go. [default: build/lessons]",
)
@click.option(
    "--timeout",
    type=click.IntRange(min=0),
    metavar="SECONDS",
    help="How long a cell may take; 0: no limit. [default: 600, or what the cell states]",
)
def lessons(names, profile, changes, output, timeout) -> None:
    """Run lessons from top to bottom, without a browser.

    Those in notebooks/, not your copies in my/. NAME is a number (2, 02) or the start of a name (02_first); all
    lessons when none is given.

    \b
    Examples:
      python -m mlc_tf lessons
      python -m mlc_tf lessons 02 --profile full
      python -m mlc_tf lessons 02 --set SEED=1 --output /tmp/seed-1

    A cell that fails stops its lesson, is shown with its trace, and makes the exit status 1; the other
    lessons are still run.
    """
    from mlc_tf.course import run, settings

    try:
        _end_like_ctrl_c()
        given = [settings.parse_setting(text) for text in changes]
        given += [("PROFILE", repr(profile))] if profile else []
        twice = {name for name, _ in given if [other for other, _ in given].count(name) > 1}
        if twice:
            raise settings.SettingError(f"set more than once: {', '.join(sorted(twice))}. Give one value each.")
        if profile == "full" and timeout is None:
            timeout = 0  # the limits in the notebooks are for the quick profile
        results = run.run_lessons(
            names,
            changes=dict(given),
            timeout=timeout,
            output=output or run.OUTPUT,
            console=rich.console.Console(),
        )
    except (run.LessonError, settings.SettingError) as error:
        raise click.ClickException(str(error)) from error
    sys.exit(any(result.failure for result in results))


@main.command()
@click.argument("names", nargs=-1, metavar="[NAME ...]")
@click.option("--check", is_flag=True, help="Only say which are out of date; exit status 1 when one is.")
def notebooks(names, check) -> None:
    """Make the notebooks from notebooks/src (for authors).

    A lesson and its solutions are derived from each source, executed, and kept with their outputs. Only those
    that are out of date are executed: their cells, tweak cards or settings, the code and packages they import, the
    records they name, or the data changed.
    NAME is a number or the start of a name; all of them when none is given.
    """
    from mlc_tf.course import build, run

    try:
        if check:
            stale = build.stale(names)
            for reason in stale:
                click.echo(reason)
            sys.exit(bool(stale))
        _end_like_ctrl_c()
        build.build(names, console=rich.console.Console())
    except (run.LessonError, build.AuthoringError) as error:
        raise click.ClickException(str(error)) from error


@main.command()
@click.argument("names", nargs=-1, metavar="[NAME ...]")
@click.option(
    "--measure",
    "seeds",
    metavar="SEEDS",
    callback=lambda context, option, text: _seeds(text),
    help="Run the lessons with these seeds first, such as 0,1,2.",
)
@click.option(
    "--rounding",
    type=click.Choice(["as it is", "without oneDNN", "nudged"]),
    default="as it is",
    help="How these runs round: with first weights that differ in the sixth digit, for instance.",
)
def claims(names, seeds, rounding) -> None:
    """Show how near claims are to failing (for authors).

    For each claim and tweak card, over several runs, which are kept in benchmarks/results/claims.json. What is not
    three standard deviations clear in five runs or more is red: it may not hold on another machine.
    """
    from mlc_tf.course import margins

    console = rich.console.Console()
    with _told_plainly():
        if seeds:
            _end_like_ctrl_c()
            margins.measure(names, seeds, rounding, console=console)
        console.print(margins.table(names, margins.read()))


@main.command()
def check() -> None:
    """Check this machine: a line for each need.

    The exit status is 1 when something must be done.
    """
    from mlc_tf.course import machine

    rows = machine.check()
    click.echo(machine.table(rows))
    sys.exit(any(row.advice for row in rows))


@main.group()
def data() -> None:
    """List, fetch and verify the data sets.

    data/README.md has a card for each.
    """


@data.command("list")
def list_data() -> None:
    """List the data sets, and whether they are here.

    For each: its kind, where it comes from, its state, and what it is.
    """
    from mlc_tf.data import catalogue

    for entry in catalogue.CATALOGUE.values():
        click.echo(f"{entry.name}: {entry.kind}, {entry.source}, {entry.state()}\n    {entry.summary}")


@data.command()
@click.argument("name")
def fetch(name) -> None:
    """Download the data set NAME and verify it.

    One that is here already is only verified.
    """
    path = _run_on(name, "fetch")
    click.echo(f"{name} is in {path}" if path else f"{name} comes with the course: nothing to fetch")


@data.command()
@click.argument("name")
def verify(name) -> None:
    """Check the content of the data set NAME.

    It is loaded, and its counts are compared with those published.
    """
    click.echo(f"{name}: {_run_on(name, 'verify')}")


def _seeds(text: str | None) -> list[int]:
    try:
        seeds = [int(seed) for seed in text.split(",")] if text else []
    except ValueError:
        seeds = [-1]
    if min(seeds, default=0) < 0:
        raise click.BadParameter(f"expected whole numbers from 0 on, such as 0,1,2; found {text!r}")
    return seeds


@contextlib.contextmanager
def _told_plainly():
    """What cannot be done with the lessons as asked is a message, and no trace."""
    from mlc_tf.course import run, source

    try:
        yield
    except (run.LessonError, source.AuthoringError, OSError) as error:
        raise click.ClickException(str(error)) from error


def _end_like_ctrl_c() -> None:
    """A closed terminal and a stopped job end a run as Ctrl-C does: results are written, no process is left."""
    for name in ("SIGTERM", "SIGHUP"):
        # What is ignored stays so: that is what `nohup` is for.
        if hasattr(signal, name) and signal.getsignal(getattr(signal, name)) != signal.SIG_IGN:
            signal.signal(getattr(signal, name), signal.default_int_handler)


def _run_on(name: str, action: str):
    from mlc_tf.data import DataError, catalogue

    try:
        return getattr(catalogue.find(name), action)()
    except DataError as error:
        raise click.ClickException(str(error)) from error


if __name__ == "__main__":
    main(prog_name="python -m mlc_tf")
