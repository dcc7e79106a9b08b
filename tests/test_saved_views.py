"""Saved views: divided, joined with a command line, and made a question without one."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallybook.cli.usage import usage
from tallybook.errors import SettingsError, UsageMistake
from tallybook.periods import Frame
from tallybook.query import Filter
from tallybook.settings import Settings
from tallybook.settings.told import AlertRule, View
from tallybook.views import TAKES, joined, parts_of, view_faults, view_query, words_of

NOW_MS = 1_795_348_800_000
"""2026-11-22 12:00 UTC, a Sunday."""

FRAME = Frame(NOW_MS, "UTC")


def settings_with(origin: str = "config.toml", **views: str) -> Settings:
    return Settings(
        ledger="ledger.db",
        views={
            name: View(name=name, usage=tuple(text.split()), origin=origin)
            for name, text in views.items()
        },
    )


def test_the_options_of_a_view_are_those_of_the_command() -> None:
    options = [each for each in usage.params if isinstance(each, click.Option)]
    taking = {flag: not each.is_flag for each in options for flag in each.opts}
    kept = {flag: takes for flag, takes in taking.items() if not flag.startswith("--no-")}
    for once in ("--save", "--force", "--quiet", "-q", "--verbose", "-v", "--debug"):
        kept.pop(once)
    ours = {flag: takes for flag, takes in kept.items() if flag in TAKES}
    familiar = {each for option in options if option.hidden for each in option.opts}
    assert ours == dict(TAKES)
    assert set(kept) - set(ours) <= familiar


@given(
    st.lists(
        st.one_of(
            st.sampled_from([["model"], ["today"], ["--json"], ["--chart"], ["--chart", "cost"]]),
            st.sampled_from([["--sort", "-cost"], ["--last", "7d"], ["--where", "model=--x"]]),
        )
    )
)
def test_words_are_divided_without_loss(groups: list[list[str]]) -> None:
    words = [word for group in groups for word in group]
    parts = parts_of(words)
    assert sorted(words_of(parts)) == sorted(words)
    assert parts_of(words_of(parts)) == parts


@pytest.mark.parametrize(
    ("view", "given", "both"),
    [
        ("model --last 7d --sort -cost", "", "model --last 7d --sort -cost"),
        ("model --last 7d --sort -cost", "--last 30d", "model --sort -cost --last 30d"),
        ("model --last 7d", "project", "project --last 7d"),
        ("model --last 7d", "today", "model today"),
        ("model --last 7d", "week", "model week"),
        ("--last 7d", "week", "week --last 7d"),
        ("--by model --since 2026-10", "--by project", "--since 2026-10 --by project"),
        ("model today", "--since 2026-10", "model --since 2026-10"),
        ("model today", "--last=3d", "model --last 3d"),
        ("model --where project=a", "--where model~b", "model --where project=a --where model~b"),
        ("model --json", "--format csv", "model --format csv"),
        ("model --chart", "--compare previous", "model --compare previous"),
        ("model --fields total", "--amounts all", "model --amounts all"),
    ],
)
def test_what_stands_beside_a_view_comes_first(view: str, given: str, both: str) -> None:
    assert words_of(joined(parts_of(view.split()), parts_of(given.split()))) == both.split()


def test_a_view_is_a_question_at_a_moment() -> None:
    settings = settings_with(
        costs="model --last 7d --sort cost --source claude --chart cost --limit 0 --compact",
        days="",
        here="project today --tz Asia/Tokyo",
    )
    query, title = view_query(settings, "costs", FRAME)
    assert (query.by, query.sort, query.limit, title) == (("model",), "-cost", None, "costs")
    assert query.where == (Filter(dimension="source", values=("claude-code",)),)
    assert query.since_ms == 1_794_787_200_000  # Monday 2026-11-16, at its beginning
    query, _ = view_query(settings, "days", FRAME)
    assert (query.by, query.bucket, query.since_ms) == (("date",), "day", 1_794_787_200_000)
    query, _ = view_query(settings, "here", FRAME)
    assert (query.tz, query.since_ms) == ("Asia/Tokyo", 1_795_273_200_000)


@pytest.mark.parametrize(
    ("words", "because", "hint"),
    [
        ("modle", "'modle'", "model"),
        ("model --lst 7d", "--lst", "--last"),
        ("model --breakdown", "--breakdown", ""),
        ("model --sort nothing", "'nothing'", ""),
        ("model --last", "--last needs a value", ""),
        ("today yesterday", "two periods", ""),
    ],
)
def test_a_wrong_view_is_told_with_its_place(
    tmp_path: Path, words: str, because: str, hint: str
) -> None:
    file = tmp_path / "config.toml"
    file.write_text(f'# mine\n[view.bad]\nusage = "{words}"\n')
    settings = settings_with(str(file), bad=words)
    with pytest.raises(SettingsError, match=r"config\.toml:3 can't be asked") as caught:
        view_query(settings, "bad", FRAME)
    assert because in caught.value.because
    assert hint in caught.value.hint
    assert caught.value.hint


def test_a_view_that_there_is_not_is_told_with_the_nearest() -> None:
    with pytest.raises(UsageMistake) as caught:
        view_query(settings_with(costs="model"), "cots", FRAME)
    assert caught.value.hint == "did you mean @costs?"


def test_a_digest_needs_its_view() -> None:
    views = settings_with(costs="model", bad="modle").views
    alerts = {
        name: AlertRule(name=name, to=("env:A",), view=view, at="09:00", origin="config.toml")
        for name, view in (("a", "costs"), ("b", "cost"))
    }
    faults = [str(fault) for fault in view_faults(views, alerts, FRAME)]
    assert len(faults) == 2
    assert "'bad'" in faults[0]
    assert "'cost'" in faults[1]
