"""Choosing oneself where a group sleeps: whom, where, what it costs, what the house would have to agree to, and why."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

import msgspec
from litestar import Request

from caravan import commands as c
from caravan.audiences import SharedGroup
from caravan.basics import Record, Refusal
from caravan.coordination.weighing import WAIVABLE, Weighed
from caravan.server.db.users import User
from caravan.server.web.pages.frame import Page
from caravan.server.web.pages.names import group_name
from caravan.server.web.pages.night_plan import PLAN_WORDS, WHOM, entry_of, household_words
from caravan.server.web.pages.plan_words import WAIVABLE_WORDS, cost_words, costs
from caravan.server.web.pages.story import STORY
from caravan.server.web.pages.wording import number, reason, word
from caravan.server.web.problems import sentence
from caravan.server.web.words import gettext as _
from caravan.sharing import SharedPicture
from caravan.shelters.model import Standing

_EVERYBODY = "*"
# A group of many more is chosen for by kinds, not one household at a time.
_HOUSEHOLDS = 60


class Choice(Record, frozen=True):
    """What was chosen so far. ``whom`` are households, kinds or everybody."""

    whom: tuple[str, ...]
    shelter: str
    waived: tuple[str, ...]
    reason: str


class Consent(Record, frozen=True):
    """A rule the house may say does not hold this time, in words, with how many people it concerns."""

    code: str
    why: str
    words: str
    people: int


class Answer(Record, frozen=True):
    """What the choice would mean, in sentences. ``refusal``: it cannot be at all; ``loses``: people lose a place by it."""

    refusal: str = ""
    fits: str = ""
    short: str = ""
    costs: tuple[str, ...] = ()
    consents: tuple[Consent, ...] = ()
    forbidden: tuple[str, ...] = ()
    loses: bool = False


async def _choose(request: Request[Any, Any, Any], share: SharedPicture, user: User) -> dict[str, Any]:
    ident: str = request.path_params["ident"]
    group = share.group(ident)
    if group is None:
        raise Refusal("not_found")
    entry = entry_of(share, group)
    if group.status != "open" or not entry.open_people + entry.left + entry.without_bed:
        raise Refusal("everybody_placed")
    choice = _choice(request)
    answer = None if not choice.shelter else await _answer(share, group, choice)
    query = request.url.query
    return {
        **STORY, **PLAN_WORDS, "group": group, "name": group_name(share, ident), "entry": entry, "choice": choice,
        "answer": answer, "whom_options": list(_whom(share, group)), "households": _households(share, ident),
        "houses": _houses(share), "back": f"/grupos/{quote(ident)}/elegir" + (f"?{query}" if query else ""),
    }  # fmt: skip


def _choice(request: Request[Any, Any, Any]) -> Choice:
    sent = request.query_params
    whom = tuple(dict.fromkeys(value for value in sent.getall("whom[]", []) if value))
    return Choice(
        whom=whom or (_EVERYBODY,), shelter=sent.get("shelter", ""), reason=sent.get("reason", "").strip()[:500],
        waived=tuple(code for code in sent.getall("waived[]", []) if code in WAIVABLE),
    )  # fmt: skip


def _whom(share: SharedPicture, group: SharedGroup) -> Iterable[tuple[str, str]]:
    """Everybody, and each kind there is, with how many people. Children who are alone are no part of everybody: they are DIF's."""
    kinds: dict[str, int] = {}
    for need in share.households(group.id).values():
        kinds[need.kind] = kinds.get(need.kind, 0) + need.size
    yield _EVERYBODY, _("todo el grupo, menos los NNA no acompañados") if "uam" in kinds else _(WHOM[_EVERYBODY])
    for kind in WHOM:
        if kind in kinds:
            yield kind, f"{_(WHOM[kind])} ({number(kinds[kind])})"


def whom_meant(share: SharedPicture, group: str, whom: Iterable[str]) -> tuple[str, ...]:
    """The choice as the program takes it: everybody are all kinds but the children who are alone, where there are any."""
    kinds = {need.kind for need in share.households(group).values()}
    if "uam" not in kinds:
        return tuple(whom)
    rest = tuple(kind for kind in ("fam", "wom", "men") if kind in kinds)
    return tuple(dict.fromkeys(key for one in whom for key in (rest if one == _EVERYBODY else (one,))))


def _households(share: SharedPicture, group: str) -> list[tuple[str, str]]:
    """Each by itself; those that are alike by number, in the order they were declared."""
    found = share.households(group)
    if len(found) > _HOUSEHOLDS:
        return []
    words = {key: household_words(need) for key, need in found.items()}
    alike, met = Counter(words.values()), Counter[str]()
    named: list[tuple[str, str]] = []
    for key, told in words.items():
        met[told] += 1
        named.append((key, told if alike[told] == 1 else _("%(told)s, n.º %(n)s", told=told, n=met[told])))
    return named


def _houses(share: SharedPicture) -> list[tuple[str, str]]:
    """Every house with beds, those with free places first."""
    houses = [s for s in share.shelters() if s.shelter.kind != "attention_point"]
    houses.sort(key=lambda s: (s.status == "closed", -(s.free_total or 0), s.shelter.name))
    return [(s.shelter.id, f"{_room(s)} · {s.shelter.name}, {s.shelter.town}") for s in houses]


def _room(standing: Standing) -> str:
    if standing.status == "closed":
        return word("closed")
    return word("unknown") if standing.free_total is None else _("%(n)s libres", n=number(standing.free_total))


async def _answer(share: SharedPicture, group: SharedGroup, choice: Choice) -> Answer:
    try:
        wish = c.ProposePlacement(
            group=group.id, pins=dict.fromkeys(whom_meant(share, group.id, choice.whom), choice.shelter),
            waived=msgspec.convert(choice.waived, tuple[c.Waivable, ...]), reason=choice.reason or "·",
        )  # fmt: skip
        weighed = await asyncio.to_thread(share.weigh, wish)
    except Refusal as refusal:
        return Answer(refusal=sentence(refusal))
    return Answer() if weighed is None else _told(weighed)


def _told(weighed: Weighed) -> Answer:
    consents = [
        Consent(one.waiver, reason(one.reason), _(WAIVABLE_WORDS[one.waiver]), one.people)
        for one in weighed.obstacles
        if one.waiver
    ]
    more = [cost_words(level, loss, weighed.people) for level, loss in costs(weighed.before, weighed.after)]
    if weighed.others:
        more.append(_("otras personas a las que les cambia lo ya propuesto: %(n)s", n=number(weighed.others)))
    return Answer(
        fits=_("caben %(fits)s de %(people)s", fits=number(weighed.fits), people=number(weighed.people)),
        short="" if weighed.fits == weighed.people else _("sin lugar ahí: %(n)s", n=number(weighed.people - weighed.fits)),
        costs=tuple(more), consents=tuple(consents),
        forbidden=tuple(
            _("%(why)s: %(n)s personas", why=reason(one.reason), n=number(one.people))
            for one in weighed.obstacles
            if not one.waiver
        ),
        loses=weighed.after.U1 > weighed.before.U1 or weighed.after.U2 > weighed.before.U2,
    )  # fmt: skip


PAGES: tuple[Page, ...] = (
    Page("/grupos/{ident:str}/elegir", "choosing.html", _choose, roles=frozenset({"coordination"})),
)
