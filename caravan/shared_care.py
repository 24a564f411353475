"""What each agency may see of where people sleep and what they eat: one part of a share."""

from __future__ import annotations

from functools import cached_property
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from caravan import events as e
from caravan.audiences import EXACT, SMALL, Audience, tells
from caravan.coordination.authority import is_theirs
from caravan.coordination.horizon import stay
from caravan.coordination.room import timezone_of
from caravan.groups import Group, reconcile
from caravan.kitchens import Larder, MealOrder, serving
from caravan.picture import Picture
from caravan.shared_plans import SharedPlans
from caravan.shelters.horizon import Stay
from caravan.shelters.model import Placement, Section

# Roles that are somebody to a group that is theirs.
_NEAR: dict[str, Audience] = {"brigade": "station", "shelter": "host"}


class SharedCare(SharedPlans):
    """A picture seen through one viewer's eyes, as far as it is about beds and rations."""

    def _near(self, group: Group) -> frozenset[Audience]:
        """What this viewer is to this group: its host, or its station's brigade."""
        role = self.viewer.role
        if role not in _NEAR or not is_theirs(self._picture, group, role, self.viewer.place):
            return frozenset()
        return frozenset({_NEAR[role]})

    def tells_where(self, ident: str) -> bool:
        """Whether figures of how many of a group are where may be told to this viewer: a few who are apart, and children who are
        alone, would be given away by the figures of the others."""
        group = self._picture.groups.get(ident)
        if group is None or self.restricted:
            return False
        return bool(EXACT & (self._audiences | self._near(group))) or ident not in self._apart_in

    @cached_property
    def _apart_in(self) -> _Parted:
        return _Parted(self._picture)

    # --- beds ---

    def placement(self, ident: str) -> Placement | None:
        """A placement, for those who may know where the group sleeps. A house knows whom it lodges itself: where the rest of the
        group is, it knows as anybody who does not care for them."""
        placement = self._picture.placements.get(ident)
        if placement is None or self.restricted or "cook" in self._audiences:
            return None
        near = self._near(self._picture.groups[placement.group])
        if self._exact or "station" in near or ("host" in near and placement.shelter == self.viewer.place):
            return placement
        # Households and sections would tell of children and of needs.
        hidden = placement.group in self._apart_in
        return None if hidden else replace(placement, households=(), beds={}, why=(), uam_gone=0)

    def placements_in(self, shelter: str) -> list[Placement]:
        known = (self.placement(p.id) for p in self._picture.placements_in(shelter))
        return sorted((p for p in known if p is not None), key=lambda p: (p.held_at, p.id))

    def stays(self, group: str) -> list[Stay]:
        """The stays of a group against the days of the procedure, for those who may know where it sleeps."""
        known = self._picture.groups.get(group)
        found = [self.placement(ident) for ident in (() if known is None else known.placements)]
        return [stay(self._picture, one) for one in found if one is not None and one.promised]

    def told_places(self, event: e.OccupancyReported) -> dict[Section, int] | None:
        """The empty places of a report, by section, for the house itself and those who may know every figure. Anybody else has the
        house's figure of now: from two reports they would work out who came."""
        own = not self.restricted and self.viewer.role == "shelter" and self.viewer.place == event.shelter
        return event.available if self._exact or own else None

    def tells_actor(self, event: e.Event) -> bool:
        """Whether the agency that wrote a line may be told: a house's own would say which house."""
        match event:
            case (
                e.PlacementAccepted(placement=ident)
                | e.PlacementDeclined(placement=ident)
                | e.PlacementArrived(placement=ident)
                | e.PlacementEnded(placement=ident)
            ):
                return self.placement(ident) is not None
            case e.MealsAccepted(order=ident) | e.MealsCancelled(order=ident) | e.MealsServed(order=ident):
                return self.order(ident) is not None
            case e.CountRecorded(group=ident) | e.DepartureRecorded(group=ident):
                return self.tells_where(ident)
            case _:
                return True

    # --- rations ---

    def orders(self, group: str | None = None, kitchen: str | None = None) -> list[MealOrder]:
        """Orders of rations, the first asked for first: of a group, of a kitchen, or all."""
        idents = self._picture.orders if group is None else self._picture.orders_in.get(group, ())
        found = (self.order(ident) for ident in idents)
        told = (one for one in found if one is not None and kitchen in (None, one.kitchen))
        return sorted(told, key=lambda one: (one.ordered_at, one.id))

    def order(self, ident: str) -> MealOrder | None:
        """An order, for who cooks it and for those who may know how many eat there."""
        order = self._picture.orders.get(ident)
        if order is None or self.restricted:
            return None
        if self._serves(order):
            return order
        if self.viewer.role == "kitchen" or not self._may_count(order):
            return None
        # What people eat tells of babies, of illness and of faith.
        return replace(order, diet="standard", why=None)

    def told_rations(self, order: str, rations: int) -> int | None:
        """A number of rations of that order; ``None`` where this viewer may not know of the order, or not of so few."""
        found = self._picture.orders.get(order)
        if found is None or self.order(order) is None:
            return None
        return rations if self._serves(found) or tells(rations) else None

    def _serves(self, order: MealOrder) -> bool:
        """Whether this viewer cooks it, hands it out, or cares for whoever eats it."""
        match self.viewer.role:
            case "kitchen":
                return order.kitchen == self.viewer.place
            case "shelter" if order.place == f"shelter:{self.viewer.place}":
                return True
            case "brigade":
                group = self._picture.groups.get(order.group or "")
                return self._exact or (group is not None and "station" in self._near(group))
            case _:
                return self._exact

    def _may_count(self, order: MealOrder) -> bool:
        """Whether the rations of an order may be told: few rations of the same service, and few who have none of it, would be given
        away by the others."""
        picture = self._picture
        if order.group is None:
            at = picture.orders_on.get(serving(order.day, order.service), ())
            beside = [o for o in (picture.orders[i] for i in at) if o.group is None and o.place == order.place]
            standing = picture.shelters.get(order.place.removeprefix("shelter:"))
            hidden, lacking = standing is not None and "uam" in standing.shelter.sections, 0
        else:
            found = (picture.orders[i] for i in picture.orders_in.get(order.group, ()))
            beside = [o for o in found if (o.day, o.service) == (order.day, order.service)]
            hidden = order.group in self._apart_in
            lacking = picture.groups[order.group].people - sum(o.rations for o in beside if o.status != "cancelled")
        figures = [abs(lacking), *(n for o in beside for n in (o.rations, o.served or 0))]
        return not hidden and all(tells(n) for n in figures)

    def kitchens(self) -> list[Larder]:
        return [k for i in sorted(self._picture.kitchens) if (k := self.kitchen(i)) is not None]

    def kitchen(self, ident: str) -> Larder | None:
        """What a kitchen can serve and has been asked for. Who neither cooks there nor cares for all who eat is told of the services to
        come, and only where no small order is the difference to those this viewer is told of."""
        larder = self._picture.kitchens.get(ident)
        if larder is None or self.restricted:
            return None
        if self._exact or (self.viewer.role, self.viewer.place) == ("kitchen", ident):
            return larder
        committed = {
            key: n for key, n in larder.committed.items() if key >= self._today and self._tells_all(ident, key, n)
        }
        # Rations of a diet tell of babies, of illness and of faith; why a kitchen is shut is its own to say.
        return replace(larder, committed=committed, by_diet={}, shut=dict.fromkeys(larder.shut, ""))

    @cached_property
    def _today(self) -> str:
        return self.now.astimezone(ZoneInfo(timezone_of(self._picture))).date().isoformat()

    @cached_property
    def _told_of(self) -> dict[str, dict[str, int]]:
        """Rations of the orders this viewer is told of, by service of a day and kitchen; filled as it is asked for."""
        return {}

    def _tells_all(self, kitchen: str, key: str, committed: int) -> bool:
        if key not in self._told_of:
            found: dict[str, int] = {}
            for ident in self._picture.orders_on.get(key, ()):
                order = self.order(ident)
                if order is not None and order.status != "cancelled":
                    found[order.kitchen] = found.get(order.kitchen, 0) + order.rations
            self._told_of[key] = found
        return committed >= SMALL and tells(abs(committed - self._told_of[key].get(kitchen, 0)))


class _Parted:
    """The groups of which a few people, or children who are alone, are somewhere apart from the rest. Worked out once a group."""

    def __init__(self, picture: Picture) -> None:
        self._picture = picture
        self._known: dict[str, bool] = {}

    def __contains__(self, group: str) -> bool:
        if group not in self._known:
            self._known[group] = self._parted(self._picture.groups[group])
        return self._known[group]

    def _parted(self, group: Group) -> bool:
        parts = reconcile(group)
        figures = [
            parts.arrived, parts.hosted, parts.elsewhere, parts.left, parts.transferred, parts.hospital, parts.unknown,
            group.unplaced, group.promised, group.promised - group.hosted, *(d.people for d in group.departures),
            *(group.people - c.people for c in group.counts if not c.whole),
        ]  # fmt: skip
        placements = list(self._picture.placements_of(group.id))
        for placement in placements:
            figures += [placement.people, placement.promised, placement.came or 0, placement.left]
        return not all(tells(abs(n)) for n in figures) or any(p.beds.get("uam") or p.uam_gone for p in placements)
