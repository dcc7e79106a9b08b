"""`tally usage @NAME` and `--save NAME`: saved views on the command line.

What a view means is `tallybook.views`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar, cast

import click

from ..errors import UsageMistake
from ..format import plain
from ..settings import Settings, survey_settings, user_file
from .shell import Shell, mention, say
from .views import Viewing

_F = TypeVar("_F", bound=Callable[..., object])

_WORDS, _TITLE = "tallybook.view.words", "tallybook.view.title"
"""Where the words of a command line, and the title of its view, wait in its context."""

_OF_ONE_RUN = frozenset(
    ("--save", "--force", "--quiet", "-q", "--no-color", "--no-sync", "--verbose", "-v", "--debug")
)
"""Options that are no part of what is saved."""


class Saved(Viewing):
    """A command whose first word may be a saved view, as in `@costs`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click does, with the words that a view stands for in its place."""
        takes = {
            flag: not (isinstance(each, click.Option) and (each.is_flag or each.count))
            for each in self.params
            for flag in (*each.opts, *each.secondary_opts)
        }
        if any(map(_is_view, args)) and not ctx.resilient_parsing:
            args = _expanded(ctx, args, takes)
        ctx.meta[_WORDS] = args, takes
        return super().parse_args(ctx, args)


def save_options(command: _F) -> _F:
    """`--save --force`"""
    save = click.option("--save", metavar="NAME", help="Keep this as a view: tally @NAME.")
    force = click.option("--force", is_flag=True, help="Save in the place of another view.")
    return save(force(command))


def title_told(context: click.Context) -> str:
    """The title of the view that is asked; empty without one."""
    return str(context.meta.get(_TITLE, ""))


def keep_view(context: click.Context, shell: Shell, whole: bool, *, quiet: bool) -> None:
    """Save the current command line if it says so; `whole` where it speaks of all time unless told.
    Raises `UsageMistake` where that would take the place of another view unasked, and for what no
    view can have."""
    name, force = cast("str | None", context.params.get("save")), context.params.get("force")
    if name is None:
        if force:
            raise UsageMistake("--force has no meaning alone", hint="give it beside --save NAME")
        return
    import shlex

    from ..settings.writing import stored_table, write_table
    from ..views import MARK
    from .filehead import user_head
    from .tablefaults import tell_overlooked

    name = name.removeprefix(MARK)
    words = shlex.join(_kept(context, whole)) or "day"
    file = user_file(shell.surroundings)
    before = stored_table(file, ("view", name))
    old = before.get("usage")
    if old is not None and old != words and not force:
        raise UsageMistake(
            f"there is a view {name!r} already",
            because=f"it is: {old}; this would be: {words}",
            hint="choose another name, or save it in that one's place: --force",
        )
    values = {**before, "usage": words}
    written = write_table(file, ("view", name), values, head=user_head(shell, file))
    if old is not None and old != words:
        mention(f"was: {old}", quiet=quiet)
    word = "written to" if written else "stands already in"
    mention(f"view.{name}: {words}  {word} {shell.shown(file)}", quiet=quiet)
    mention(f"to see it: tally {MARK}{name}", quiet=quiet)
    tell_overlooked(shell, survey_settings(shell.surroundings)[0], "view", [name], quiet=quiet)


def _expanded(ctx: click.Context, args: list[str], takes: dict[str, bool]) -> list[str]:
    """A command line with the words of its view, if it names one, in the place of the name. A view
    that can't be asked is told by its place before it is mixed with anything."""
    from ..views import MARK, joined, parts_of, view_named, view_query, words_of
    from .tablefaults import tell_overlooked

    given = parts_of(args, takes)
    names = [word.removeprefix(MARK) for word in given.words if _is_view(word)]
    if not names:  # it was the value of an option
        return args
    if len(names) > 1:
        raise UsageMistake("one view can be asked at a time", hint=f"tally usage {MARK}{names[0]}")
    shell = ctx.find_object(Shell) or Shell.real()
    if not names[0]:
        say("\n".join(_listed(survey_settings(shell.surroundings)[0])))
        ctx.exit(0)
    settings = _settings(shell, names[0])
    view = view_named(settings.views, names[0])
    tell_overlooked(shell, settings, "view", names, quiet="-q" in args or "--quiet" in args)
    view_query(settings, view.name, shell.frame(settings))
    ctx.meta[_TITLE] = view.title
    rest = given._replace(words=tuple(word for word in given.words if not _is_view(word)))
    return words_of(joined(parts_of(view.usage, takes), rest))


def _listed(settings: Settings) -> Iterator[str]:
    """Every view with what stands behind it."""
    import shlex

    from ..views import MARK

    width = max((len(name) for name in settings.views), default=0)
    for name, view in settings.views.items():
        title = f"  ({view.title})" if view.title else ""
        yield plain(f"{MARK}{name}".ljust(width + 1)) + plain(f"  {shlex.join(view.usage)}{title}")
    if not settings.views:
        yield "No view is saved yet. To save one: tally usage model --last 7d --save NAME"


def _is_view(word: str) -> bool:
    return word.startswith("@")


def _settings(shell: Shell, name: str) -> Settings:
    """The settings as far as they are understood; what is wrong with the view itself is raised."""
    settings, faults = survey_settings(shell.surroundings)
    if name not in settings.views:
        for fault in faults:
            raise fault
    return settings


def _kept(context: click.Context, whole: bool) -> list[str]:
    from ..views import Parts, demand_known, joined, parts_of, words_of

    args, takes = cast("tuple[list[str], dict[str, bool]]", context.meta[_WORDS])
    parts = parts_of(args, takes)
    options = tuple(each for each in parts.options if each[0] not in _OF_ONE_RUN)
    parts = parts._replace(options=options)
    demand_known(parts)
    usual = Parts((), (("--since", "all"),) if whole else ())
    return words_of(joined(usual, parts))
