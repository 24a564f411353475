"""Reading the calendars of a file and the hours of its desks."""

from __future__ import annotations

import re
from datetime import date, time

from caravan.protocol.loading.reading import Fields, Reader
from caravan.protocol.loading.schema import CALENDAR, CLOSED_DAYS, DAYS, RECURRING, SERVICE
from caravan.protocol.loading.source import Text, Tree
from caravan.protocol.model import Service
from caravan.protocol.workdays import CALENDARS, LFPA28, Calendar, Recurring

_CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_DAY = re.compile(r"[0-9]{2}-[0-9]{2}")
_LEAP_YEAR = 2000
MAX_HOLIDAYS = 100
MAX_CLOSURES = 1000


class CalendarReader(Reader):
    """Reads ``calendarios`` and ``horarios``. A calendar always counts some day and a desk always opens again, so that
    nobody searches for ever for the next one."""

    def calendar(self, top: Fields) -> Calendar:
        """The calendar the file counts by: one of its own, else one the program brings."""
        known = dict(CALENDARS)
        for name, tree in top.pairs("calendarios"):
            known[name.value] = self._calendar(name, tree)
        chosen = top.text("calendario")
        if chosen:
            self.one_of(chosen, known, "calendario desconocido", "calendario")
        return known.get(chosen.value if chosen else "", LFPA28)

    def services(self, top: Fields, calendar: Calendar) -> dict[str, Service]:
        return {name.value: self._service(name, tree, calendar) for name, tree in top.pairs("horarios")}

    def _calendar(self, name: Text, tree: Tree) -> Calendar:
        """A calendar of the file. What it does not say is as in the program's calendar of that name, if there is one."""
        where = f"calendario «{name.value}»"
        fields = self.fields(tree, CALENDAR, where)
        known = CALENDARS.get(name.value, Calendar(id=name.value))
        days = (self._day(text, where) for text in fields.words("fijos"))
        once = (self._recurring(item, where) for item in fields.items("cada"))
        found = Calendar(
            id=name.value,
            weekdays=self._days(fields, "semana", where) if "semana" in fields else known.weekdays,
            holidays=tuple(day for day in days if day) if "fijos" in fields else known.holidays,
            recurring=tuple(each for each in once if each) if "cada" in fields else known.recurring,
            closures=self._closures(fields, where) if "cierres" in fields else known.closures,
            source=fields.value("fuente") or known.source,
        )
        if len({*found.holidays, *((each.month, each.day) for each in found.recurring)}) > MAX_HOLIDAYS:
            self.refuse(tree.place, where, f"más de {MAX_HOLIDAYS} días inhábiles al año: casi no cuenta ninguno")
        if len(found.closures) > MAX_CLOSURES:
            self.refuse(tree.place, where, f"más de {MAX_CLOSURES} cierres")
        return found

    def _days(self, fields: Fields, key: str, where: str) -> tuple[int, ...]:
        """Days of the week, 0 = Monday; at least one."""
        words = fields.words(key)
        known = [day for day in words if self.one_of(day, DAYS, "día desconocido", where)]
        if key in fields and not words:
            self.refuse(fields.found[key].place, where, f"«{key}» no tiene ningún día: no contaría nunca")
        return tuple(sorted({DAYS.index(day.value) for day in known}))

    def _day(self, text: Text, where: str) -> tuple[int, int] | None:
        try:
            if _DAY.fullmatch(text.value):
                day = date.fromisoformat(f"{_LEAP_YEAR}-{text.value}")
                return day.month, day.day
        except ValueError:
            pass
        self.refuse(text.place, where, f"día «{text.value}» mal escrito; se escribe mes y día, como 09-16")
        return None

    def _recurring(self, tree: Tree, where: str) -> Recurring | None:
        inner = f"{where}: cada"
        fields = self.fields(tree, RECURRING, inner)
        text = fields.text("dia")
        day = self._day(text, inner) if text else None
        years, since = fields.whole("anos"), fields.whole("desde")
        if "anos" in fields and not 1 <= years <= 100:
            self.refuse(fields.found["anos"].place, inner, "«anos» va de 1 a 100")
        elif day and years:
            return Recurring(month=day[0], day=day[1], since=since, every=years)
        return None

    def _closures(self, fields: Fields, where: str) -> dict[date, str]:
        found: dict[date, str] = {}
        for day, act in fields.pairs("cierres"):
            read = self.date(day, where)
            if not isinstance(act, Text) or not act.value.strip():
                self.refuse(act.place, where, f"el cierre del {day.value} dice qué acuerdo lo ordena")
            elif read:
                found[read] = act.value
        return found

    def _service(self, name: Text, tree: Tree, calendar: Calendar) -> Service:
        where = f"horario «{name.value}»"
        self.state_name(name, where)
        fields = self.fields(tree, SERVICE, where)
        days = self._days(fields, "dias", where)
        opens, closes = self._clock(fields, "abre", where), self._clock(fields, "cierra", where)
        if opens and closes and closes <= opens:
            self.refuse(fields.found["cierra"].place, where, "«cierra» es más tarde que «abre», el mismo día")
        shut = fields.text("inhabiles")
        if shut:
            self.one_of(shut, CLOSED_DAYS, "«inhabiles» es", where)
        working_days = CLOSED_DAYS.get(shut.value if shut else "cerrado", True)
        if working_days and days and calendar.weekdays and not set(days) & set(calendar.weekdays):
            message = f"no abriría nunca: «{calendar.id}» no cuenta esos días; ponga «inhabiles: abierto»"
            self.refuse(name.place, where, message)
        return Service(
            id=name.value,
            days=days,
            opens=opens or time(),
            closes=closes or time(23, 59),
            working_days=working_days,
            label=self.labels(fields.pairs("etiqueta"), where),
            line=name.place.line,
        )

    def _clock(self, fields: Fields, key: str, where: str) -> time | None:
        text = fields.text(key)
        if text is None:
            return None
        if _CLOCK.fullmatch(text.value):
            return time.fromisoformat(text.value)
        self.refuse(text.place, where, f"hora «{text.value}» mal escrita; se escribe 09:00")
        return None
