"""Officials in a process of their own: they ask for plans, wait for the others, and confirm all at one moment."""

from __future__ import annotations

import asyncio
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

from installation import OFFICIAL, desk_in

from caravan import commands as c
from caravan.basics import Refusal
from caravan.server.desk import Desk
from caravan.server.web.problems import sentence

Verdict = dict[str, Any]


def place(folder: str, groups: list[str], moment: Barrier, news: tuple[str, int] | None = None) -> list[Verdict]:
    """One verdict a group: ``{"held": True}``, or the refusal with its details and its sentence. ``news`` are the empty places a
    shelter tells between the plans and the confirmations."""
    return asyncio.run(_place(Path(folder), groups, moment, news))


async def _place(folder: Path, groups: list[str], moment: Barrier, news: tuple[str, int] | None) -> list[Verdict]:
    async with desk_in(folder) as desk:
        plans = [str((await desk.handle(c.ProposePlacement(group=g), by=OFFICIAL)).created) for g in groups]
        planned = [sum(part.people for part in desk.picture.plans[g].parts) for g in groups]
        assert planned == [30] * len(groups)
        await asyncio.to_thread(moment.wait, 60)
        if news is not None:
            await desk.handle(c.ReportOccupancy(shelter=news[0], available={"mix": news[1]}), by=OFFICIAL)
        await asyncio.to_thread(moment.wait, 60)
        return list(await asyncio.gather(*(_confirm(desk, g, p) for g, p in zip(groups, plans, strict=True))))


async def _confirm(desk: Desk, group: str, plan: str) -> Verdict:
    try:
        await desk.handle(c.ConfirmPlacement(group=group, plan=plan), by=OFFICIAL)
    except Refusal as refusal:
        said = sentence(refusal)
        return {"held": False, "group": group, "code": refusal.code, "details": refusal.details, "sentence": said}
    return {"held": True, "group": group}
