"""`tally help [TOPIC]`: what holds for many commands, on one screen each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import click

from ..errors import UsageMistake, nearest
from ..query import DIMENSIONS, MEASURES
from .shell import say


def _listed(names: Sequence[str]) -> str:
    """Names in lines that fit any terminal."""
    from textwrap import fill

    return fill(", ".join(names), 86, initial_indent="  ", subsequent_indent="  ")


TOPICS: Mapping[str, str] = MappingProxyType(
    {
        "time": """\
Time: which calls are counted, by each call's own time.

  --since WHEN   from its beginning on       --until WHEN   up to and with it
  --last SPAN    the last 24h, 7d, 4w, 3mo, 1y; days, weeks and months are whole ones
                 and include the current one
  --tz ZONE      the IANA zone that cuts days, such as Europe/Berlin

WHEN is a word (today, yesterday, week, month, year, all, now), a year 2026, a month
2026-01, a week 2026-W05 (ISO, from Monday), a day 2026-01-15, or a time such as
2026-01-15T09:30. Such a word may also stand alone: tally usage model 2026-01

`week` begins on Monday, or on the day of the setting week_start or of --week-start.
Headers show the exact dates of what was asked.
""",
        "filters": f"""\
Filters: which calls are counted.

  --where model=claude-opus-4-5   is this         --where model!=x   is not this
  --where project~web             contains this, whatever the case

The same dimension again means or; different dimensions mean and. Short forms: --source
--provider --model --project --agent --account --user --session, each the same as
--where with =. A model may be written provider/model.

The dimensions:
{_listed(DIMENSIONS[1:])}
""",
        "output": f"""\
Output: the answer goes to stdout, everything else to stderr.

  --format table|json|jsonl|csv|tsv|md     --json is --format json
  --fields A,B   only these, in this order; --fields help lists them
  --sort FIELD   a measure from the largest, a name from A; +FIELD rises, -FIELD falls
  --limit N      the first N rows; the total still counts all
  --quiet        nothing on stderr but errors --no-color  as the variable NO_COLOR

Tables fit the terminal: narrow ones shorten numbers (1.2M) and drop the less important
columns. Fields may be called as their columns are: calls, sess, "cache write".
JSON has amounts as decimal texts by currency and times with their offset.

The measures:
{_listed(MEASURES)}
""",
        "notes": """\
Notes: what stands below a table, and what the marks in it mean.

  –              unknown, never zero: no price is known, or a call belongs to nothing such
  ≥              at least: a part of the tokens has no price. The line below names the
                 models; to add a price: tally help prices
  partial        the answer broke off, or its end was never written down. What was written
                 is counted; what was not can't be
  failed         refused or failed; used nothing
  unmetered      known to have happened, usage unknown: in no figure
  recovered      tokens that only the agent's own running totals show, such as compaction.
                 They are in the tokens and the cost, and in no number of calls
  not readable   a place in the histories could not be read: tally doctor says which and why
  Cache, Output  on narrow screens all that is read from and written to the cache is one
                 column, and output includes reasoning, so that the row still adds up

Sessions are counted once in the total too, so it may be less than the sum of the rows.
""",
        "exit-codes": """\
Exit codes

  0    fine; no data is fine too
  1    it failed
  2    the command line or a setting was not understood
  3    a policy says no (quota, balance)
  4    not allowed
  5    partial: some histories could not be read, the answer is shown all the same
  130  interrupted
""",
        "environment": """\
Environment

  TALLY_LEDGER      the ledger's file        TALLY_TZ          the time zone
  TALLY_HOME        the folder of all of Tallybook's own files
  TALLY_CONFIG      your settings file       TALLY_WEEK_START  the first day of the week
  TALLY_PRICES      your own prices          TALLY_TITLES      false: keep no titles
  TALLY_ACTIVE_WITHIN  how long after its last call a session counts as active
  NO_COLOR          no colour                CLICOLOR_FORCE    colour into pipes too
  COLUMNS           the width of tables      TZ                the zone, if nothing else says

Each agent's own variables are honoured: tally source explain NAME tells them.
Flags come before variables, these before a project's tally.toml, this before your
config.toml. To see each value and its origin: tally config show
""",
        "prices": """\
Prices: dated rate cards that ship with the program; nothing is fetched.

A call is priced by the card of its model at its time. Names match exactly or by a listed
alias, never by likeness; what has no card stays unpriced and is named below each table.

  tally price list [PART]   the rates in force now
  tally price show MODEL    all rates of a model, with dates, tiers and origin

To add a price of your own, write a file and name it in your settings (see
tally config path):  prices = "my-prices.toml"
Calls without a price get theirs at the next sync; calls that have one keep it.

  schema = 1

  [[price]]
  provider = "zai-coding-plan"
  model = "glm-4.7"
  currency = "USD"
  rates = { input = "0.60", output = "2.20", cache_read = "0.11" }   # per million tokens
""",
    }
)


@click.command("help", short_help="topics: time, filters, output, notes, …")
@click.argument("topic", default="")
@click.pass_context
def help_topic(context: click.Context, topic: str) -> int:
    """Help on a TOPIC: time, filters, output, notes, exit-codes, environment, prices."""
    root = context.find_root()
    if not topic:
        say(root.get_help())
        say(f"\nTopics: {', '.join(TOPICS)}")
        return 0
    if topic in TOPICS:
        say(TOPICS[topic].rstrip())
        return 0
    command = (
        root.command.get_command(root, topic) if isinstance(root.command, click.Group) else None
    )
    if command is not None:
        with click.Context(command, info_name=topic, parent=root) as inner:
            say(command.get_help(inner))
        return 0
    close = nearest(topic, TOPICS)
    hint = f"tally help {close}" if close else f"topics: {', '.join(TOPICS)}"
    raise UsageMistake(f"there is no help topic {topic!r}", hint=hint)
