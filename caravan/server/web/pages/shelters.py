"""The shelters: the list, one house's record, and the phone page of those who run one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from litestar import Request

from caravan import commands as c
from caravan.audiences import SharedGroup
from caravan.basics import Record, Refusal
from caravan.groups import OUTCOMES
from caravan.server.db.users import User
from caravan.server.web.pages.ahead import HORIZON_WORDS
from caravan.server.web.pages.frame import Page
from caravan.server.web.pages.places import MARKS, choices, municipalities, sources
from caravan.server.web.pages.story import STORY
from caravan.server.web.words import gettext as _
from caravan.server.web.words import mark
from caravan.sharing import SharedPicture
from caravan.shelters.model import SECTIONS, Placement, Section, Shelter, Standing
from caravan.stations import Station

SERVICES: dict[str, str] = {
    "medical": mark("atención médica"), "dif": mark("DIF"), "lgbt": mark("espacio seguro LGBTIQ+"),
    "accessible": mark("accesible con silla de ruedas"), "psychological": mark("atención psicológica"),
    "legal": mark("orientación legal"), "kitchen": mark("alimentos"), "showers": mark("regaderas"),
    "calls": mark("llamadas"), "clothes": mark("ropa"),
}  # fmt: skip
ADMITS: dict[str, str] = {
    "fam": mark("familias"), "wom": mark("mujeres solas"), "men": mark("hombres solos"),
    "uam": mark("NNA no acompañados (solo DIF)"),
}  # fmt: skip
KINDS: tuple[str, ...] = ("permanent", "temporary", "attention_point")
LANGUAGES: tuple[str, ...] = ("es", "en", "fr", "ht", "pt")
# A house that may answer for itself, and the two agencies that open temporary ones (domain: G38).
AGENCIES: tuple[str, ...] = ("ALBERGUE", "PC", "DIF")


class Stay(Record, frozen=True):
    """A placement as the people of the house need it: who comes, from where."""

    placement: Placement
    group: SharedGroup
    station: Station | None


class House(Record, frozen=True):
    """A shelter with those offered to it, on their way, in it, and those whose hold ran out while they still have no place."""

    standing: Standing
    offered: list[Stay]
    coming: list[Stay]
    here: list[Stay]
    lapsed: list[Stay]

    @property
    def next_end(self) -> datetime | None:
        """When the first stay of those who are here ends."""
        return min((s.placement.ends_at for s in self.here if s.placement.ends_at), default=None)

    @property
    def sections(self) -> list[Section]:
        """The sections it reports; a house that publishes none reports one number."""
        return [s for s in SECTIONS if s in self.standing.shelter.sections] or ["mix"]

    @property
    def tells_people(self) -> bool:
        """Whether its free places follow from how many people are in: one published number, no sections."""
        return self.standing.shelter.nominal is not None and self.sections == ["mix"]


def _house(share: SharedPicture, standing: Standing) -> House:
    stays = [_stay(share, p) for p in share.placements_in(standing.shelter.id)]
    by_end = sorted(
        (s for s in stays if s and s.placement.status == "arrived"), key=lambda s: _last(s.placement.ends_at)
    )
    return House(
        standing=standing,
        offered=[s for s in stays if s and s.placement.status == "held"],
        coming=[s for s in stays if s and s.placement.status == "accepted"],
        here=by_end,
        lapsed=_lapsed(share, standing.shelter.id),
    )


def _last(moment: datetime | None) -> tuple[bool, str]:
    return (moment is None, moment.isoformat() if moment else "")


def _stay(share: SharedPicture, placement: Placement) -> Stay | None:
    group = share.group(placement.group)
    return None if group is None else Stay(placement=placement, group=group, station=share.station(group.station))


def _lapsed(share: SharedPicture, shelter: str) -> list[Stay]:
    """They may still come: the hour of a hold binds the places, not the people."""
    found: list[Stay] = []
    for group in share.groups():
        ours = [p for i in group.placements if (p := share.placement(i)) is not None and p.shelter == shelter]
        if ours and ours[-1].status == "expired" and group.waiting != 0:
            found.append(Stay(placement=ours[-1], group=group, station=share.station(group.station)))
    return found


def unknowns(shelter: Shelter) -> list[str]:
    """What no source says of this shelter, as sentences."""
    silent = {
        _("cuántos lugares tiene"): shelter.nominal,
        _("la dirección"): shelter.address,
        _("quién lo opera"): shelter.operator,
        _("horario de ingreso"): shelter.intake_from,
        _("estancia máxima"): shelter.max_stay_hours,
        _("cuándo se verificó"): shelter.verified_at,
        _("su punto exacto en el mapa"): shelter.position.precision == "exact" or None,
    }
    return [text for text, value in silent.items() if value in (None, "")]


_WORDS: dict[str, Any] = {
    "services": SERVICES, "admits": ADMITS, "kinds": KINDS, "tongues": LANGUAGES, "all_sections": SECTIONS, "marks": MARKS,
    "outcomes": OUTCOMES, "sources": sources, "choices": choices,
}  # fmt: skip


def _record(share: SharedPicture, shelter: Shelter | None) -> dict[str, Any]:
    """What the form of a record offers to choose from."""
    keys = dict.fromkeys((*AGENCIES, *(() if shelter is None else (shelter.agency,))))
    return {"municipalities": municipalities(), "agencies": [(key, share.agency_name(None, key)) for key in keys]}


def _free_first(house: House) -> tuple[bool, int, bool, str]:
    """Those with places, then those with nothing or too many, then those nobody knows of; closed ones last."""
    standing = house.standing
    free = standing.free_total
    return standing.status == "closed", -(free or 0), free is None, standing.shelter.name


async def _list(_request: Request[Any, Any, Any], share: SharedPicture, _user: User) -> dict[str, Any]:
    houses = [_house(share, s) for s in share.shelters()]
    houses.sort(key=_free_first)
    totals = [t for m in share.municipalities() if (t := share.municipal_total(m)) is not None]
    return {
        **STORY, **HORIZON_WORDS, "houses": houses, "totals": totals, "calls": share.call_list(),
        "horizons": {h.standing.shelter.id: found for h in houses if (found := share.horizon(h.standing.shelter.id))},
        **_record(share, None), **_WORDS,
    }  # fmt: skip


async def _one(request: Request[Any, Any, Any], share: SharedPicture, _user: User) -> dict[str, Any]:
    standing = share.shelter(request.path_params["ident"])
    if standing is None:
        raise Refusal("not_found")
    return {
        **STORY,
        **_ahead(share, standing.shelter.id),
        "house": _house(share, standing),
        "unknowns": unknowns(standing.shelter),
        **_record(share, standing.shelter),
        **_WORDS,
    }


def _ahead(share: SharedPicture, shelter: str) -> dict[str, Any]:
    """The places of coming nights and the stays that end too soon, as far as this viewer may know."""
    return {
        **HORIZON_WORDS, "ledger": share.ledger(shelter), "horizon": share.horizon(shelter),
        "shortfalls": [one for one in share.shortfalls() if one.shelter == shelter],
    }  # fmt: skip


async def _mine(_request: Request[Any, Any, Any], share: SharedPicture, user: User) -> dict[str, Any]:
    standing = share.shelter(user.place or "")
    if standing is None:
        raise Refusal("unknown_shelter")
    return {**STORY, **_ahead(share, standing.shelter.id), "house": _house(share, standing), **_WORDS}


_CARE = (
    c.ReportOccupancy, c.AcceptPlacement, c.DeclinePlacement, c.RecordPlacementArrival, c.SetStayEnd, c.RecordDeparture,
    c.RecordAsylumWish,
)  # fmt: skip

PAGES: tuple[Page, ...] = (
    Page("/albergues", "shelters.html", _list, commands=(c.RegisterShelter,)),
    Page(
        "/albergues/{ident:str}", "shelter.html", _one,
        commands=(*_CARE, c.RegisterShelter, c.LocatePlace, c.WithdrawPlacement),
    ),
    Page("/albergue", "my_shelter.html", _mine, roles=frozenset({"shelter"}), commands=_CARE),
)  # fmt: skip
