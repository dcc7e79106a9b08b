"""`tally mcp`: the ledger's answers for agents, over the Model Context Protocol on stdio.

The questions are `mcptools`; here they meet the protocol's official SDK, which is an extra
(`pip install 'tallybook[mcp]'`) and is loaded by nothing else.
"""

from __future__ import annotations

import functools
import inspect
import signal
from collections.abc import Callable, Iterator, Mapping
from inspect import Parameter
from typing import TYPE_CHECKING, Any, ParamSpec, cast

import click

from .. import __version__
from ..errors import TallyError
from .asking import begin, settings_for
from .faults import worded
from .options import run_options

if TYPE_CHECKING:
    from mcp.server.context import CallNext, HandlerResult, ServerMiddleware, ServerRequestContext
    from mcp.server.mcpserver import MCPServer

    from .mcptools import Desk

P = ParamSpec("P")

_INSTRUCTIONS = (
    "Tallybook's ledger: what every AI agent on this machine used, each token counted once, priced "
    "exactly. Amounts are decimal strings by currency and are never added across currencies; a "
    "count that is null is not known, which is not 0. All tools only read."
)


@click.command(short_help="answer agents over the Model Context Protocol")
@run_options
@click.pass_context
def mcp(context: click.Context, **_options: object) -> int:
    """Serve the ledger's answers to an agent: usage, sessions, the current session, quotas, advice.

    An agent starts this itself and talks to it on stdin and stdout. It only reads; nothing that was
    said in a session is among its answers.
    """
    from .mcptools import Desk

    shell, asked = begin(context)
    server = served(Desk(shell, settings_for(shell, asked)))
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # the SDK would wait for a line on stdin first
    try:
        server.run("stdio")
    except* BrokenPipeError:  # the agent is gone: nobody is left to answer
        pass
    return 0


def served(desk: Desk) -> MCPServer[Any]:
    """The server of a desk's questions. Raises `TallyError` where the SDK is not installed."""
    try:
        from mcp.server.mcpserver import MCPServer
        from mcp.types import ToolAnnotations
    except ImportError as problem:
        raise TallyError(
            "the Model Context Protocol needs one more package",
            because=str(problem),
            hint="pip install 'tallybook[mcp]', or: uv tool install 'tallybook[mcp]'",
        ) from problem
    server: MCPServer[Any] = MCPServer(
        "tallybook",
        instructions=_INSTRUCTIONS,
        version=__version__,
        log_level="ERROR",
        middleware=[_checking(desk)],
    )
    reading = ToolAnnotations(read_only_hint=True, destructive_hint=False, open_world_hint=False)
    for name, question in desk.tools().items():
        server.add_tool(
            _told(question),
            name=name,
            description=inspect.getdoc(question),
            annotations=reading,
        )
    return server


def _checking(desk: Desk) -> ServerMiddleware[Any]:
    """Refuses arguments that a tool does not have, or not of that kind. The SDK itself passes over
    the first, and a filter that is passed over answers another question; of the second it tells
    more than an agent can use."""
    from mcp.shared.exceptions import MCPError
    from mcp.types import INVALID_PARAMS

    known = {name: inspect.signature(each).parameters for name, each in desk.tools().items()}

    async def checked(ctx: ServerRequestContext[Any], call_next: CallNext) -> HandlerResult:
        params = ctx.params or {}
        has = known.get(str(params.get("name"))) if ctx.method == "tools/call" else None
        given: object = params.get("arguments")
        if has is not None and isinstance(given, dict):
            names = map(str, cast("dict[object, object]", given))
            if strange := [name for name in names if name not in has]:
                said = f"there is no argument {', '.join(strange)}; there are {', '.join(has)}"
                raise MCPError(INVALID_PARAMS, said)
            if faults := list(_kind_faults(has, cast("dict[str, object]", given))):
                raise MCPError(INVALID_PARAMS, "; ".join(faults))
        return await call_next(ctx)

    return checked


def _kind_faults(has: Mapping[str, Parameter], given: Mapping[str, object]) -> Iterator[str]:
    """What is wrong with the kinds of arguments, by the notes of the questions themselves."""
    for name, value in given.items():
        kind = str(has[name].annotation)
        if kind == "int":
            fits, wanted = isinstance(value, int) and not isinstance(value, bool), "a whole number"
        elif kind == "str":
            fits, wanted = isinstance(value, str), "a text"
        else:
            each = cast("list[object]", value) if isinstance(value, list) else [value]
            fits, wanted = all(isinstance(one, str) for one in each), "a text or a list of texts"
        if not fits:
            yield f"{name} has to be {wanted}"


def _told(question: Callable[P, dict[str, Any]]) -> Callable[P, dict[str, Any]]:
    """A question whose faults are told to the agent with their reason and what to do."""
    from mcp.server.mcpserver.exceptions import ToolError

    @functools.wraps(question)
    def asked(*given: P.args, **named: P.kwargs) -> dict[str, Any]:
        try:
            return question(*given, **named)
        except TallyError as problem:
            raise ToolError("\n".join(worded(problem))) from problem

    return asked
