"""The standings of one person, project or session, of quotas that are kept for each of them: what
others used keeps nobody from going on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from ..errors import UsageMistake

if TYPE_CHECKING:
    from ..book import Book
    from ..quota import Quota
    from ..quotas import QuotaStanding


class Whose(NamedTuple):
    """Of whom a command line speaks: pairs such as ("user", "ann"), or a `subject` of whatever the
    quotas are kept for. Of everybody without any."""

    pairs: Sequence[tuple[str, str]] = ()
    subject: str | None = None

    def beside(self, dimension: str) -> Whose:
        """The same without what is said of a dimension."""
        return self._replace(pairs=tuple(each for each in self.pairs if each[0] != dimension))


def standings_of(
    book: Book, names: Sequence[str], whose: Whose, now_ms: int
) -> tuple[QuotaStanding, ...]:
    """What stands of quotas, all or those of these names, for whom it is said. Raises
    `UsageMistake` for a name that there is not, and where none of them is kept for such."""
    from ..quotas import kept_quotas

    quotas = kept_quotas(book, names)
    if whose.subject is not None:
        one = _dimension(quotas, whose.subject, named=bool(names))
        whose = Whose(((one, whose.subject),))
    if not whose.pairs:
        return book.standings(now_ms, names)
    return tuple(
        standing
        for dimension, text in whose.pairs
        for quota in _kept_for(quotas, dimension, text)
        for standing in _standings(book, quota, text, now_ms)
    )


def _dimension(quotas: Sequence[Quota], subject: str, *, named: bool) -> str:
    """What those quotas are kept for each of, which a subject is one of."""
    alone = [each.name for each in quotas if each.each is None]
    if named and alone:
        hint = f"leave out --for {subject}"
        raise UsageMistake(f"{alone[0]} is one quota for all", hint=hint)
    kept = sorted({each.each for each in quotas if each.each is not None})
    if len(kept) != 1:
        known = (
            f"there are quotas for each {', each '.join(kept)}" if kept else "none is kept for each"
        )
        hint = f"--{kept[0]} {subject}, or name a quota" if kept else "tally quota list"
        raise UsageMistake(f"nothing tells who {subject!r} is", because=known, hint=hint)
    return kept[0]


def _kept_for(quotas: Sequence[Quota], dimension: str, text: str) -> Sequence[Quota]:
    found = [each for each in quotas if each.each == dimension]
    if not found:
        raise UsageMistake(
            f"no quota has anything to say of one {dimension}",
            because=f"none is kept for each {dimension}",
            hint=f"tally quota check --{dimension} {text} --limit 5usd --per day",
        )
    return found


def _standings(book: Book, quota: Quota, text: str, now_ms: int) -> Iterator[QuotaStanding]:
    """That of one subject, which may have used nothing yet; a session without a call has none."""
    from ..quotas import standing_of, standings

    present = standings(book, [quota], now_ms)
    found = [each for each in present if each.subject == text] or [
        each for each in present if quota.each == "project" and each.subject.endswith(f"/{text}")
    ]
    if found or quota.each == "session":
        yield from found
    else:
        yield standing_of(book, quota, text, now_ms)
