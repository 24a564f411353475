"""The routes that change something: one table from method and path to command. The body is the command."""

from __future__ import annotations

from typing import Any, Literal

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler, route

from caravan import commands as c
from caravan.server.web.auth import same_origin, signed_in
from caravan.server.web.reading import read_json

# Ids in the path are fields of the command.
ROUTES: tuple[tuple[Literal["POST"], str, type[c.Command]], ...] = (
    ("POST", "/activations", c.ActivateProtocol),
    ("POST", "/activations/{activation:str}/events", c.SendEvent),
    ("POST", "/groups/{group:str}/events", c.SendEvent),
    ("POST", "/cases/{case:str}/events", c.SendEvent),
    ("POST", "/activations/{activation:str}/cases", c.OpenCase),
    ("POST", "/relays/{relay:str}/answer", c.AnswerRelay),
    ("POST", "/arrivals", c.ReportArrival),
    ("POST", "/groups/{group:str}/counts", c.RecordCount),
    ("POST", "/groups/{group:str}/asylum-wish", c.RecordAsylumWish),
    ("POST", "/groups/{group:str}/departures", c.RecordDeparture),
    ("POST", "/groups/{group:str}/merge", c.MergeGroups),
    ("POST", "/groups/{group:str}/split", c.SplitGroup),
    ("POST", "/groups/{group:str}/annul", c.AnnulGroup),
    ("POST", "/groups/{group:str}/placement", c.ProposePlacement),
    ("POST", "/activations/{activation:str}/placement", c.ProposePlacement),
    ("POST", "/groups/{group:str}/placement/confirm", c.ConfirmPlacement),
    ("POST", "/groups/{group:str}/meals", c.OrderMeals),
    ("POST", "/placements/{placement:str}/accept", c.AcceptPlacement),
    ("POST", "/placements/{placement:str}/decline", c.DeclinePlacement),
    ("POST", "/placements/{placement:str}/arrived", c.RecordPlacementArrival),
    ("POST", "/placements/{placement:str}/stay", c.SetStayEnd),
    ("POST", "/placements/{placement:str}/withdraw", c.WithdrawPlacement),
    ("POST", "/stations", c.RegisterStation),
    ("POST", "/offices", c.RegisterOffice),
    ("POST", "/shelters", c.RegisterShelter),
    ("POST", "/shelters/{shelter:str}/occupancy", c.ReportOccupancy),
    ("POST", "/kitchens", c.RegisterKitchen),
    ("POST", "/kitchens/{kitchen:str}/capacity", c.ReportRations),
    ("POST", "/kitchens/{kitchen:str}/cancel", c.CancelKitchenDay),
    ("POST", "/meals", c.PlanMeals),
    ("POST", "/meals/{order:str}/transfer", c.TransferMeals),
    ("POST", "/meals/{order:str}/accept", c.AcceptMeals),
    ("POST", "/meals/{order:str}/cancel", c.CancelMeals),
    ("POST", "/meals/{order:str}/served", c.RecordMealsServed),
    ("POST", "/places/{place:str}/point", c.LocatePlace),
    ("POST", "/tasks/{task:str}/complete", c.CompleteTask),
    ("POST", "/notices/{notice:str}/seen", c.MarkNoticeSeen),
    ("POST", "/policy", c.PublishPolicy),
    ("POST", "/drafts", c.SaveDraft),
    ("POST", "/drafts/{draft:str}", c.SaveDraft),
    ("POST", "/drafts/{draft:str}/propose", c.ProposePublication),
    ("POST", "/drafts/{draft:str}/approve", c.ApprovePublication),
    ("POST", "/drafts/{draft:str}/withdraw", c.WithdrawDraft),
    ("POST", "/activations/{activation:str}/migrate", c.MigrateActivation),
)
# Not asked for over the web: the realm is opened and its first protocol published by the command line, time passes by itself, a plan is the desk's own.
NOT_ROUTED: frozenset[type[c.Command]] = frozenset({c.OpenRealm, c.PublishProtocol, c.PassTime, c.OfferPlan})


def _handler(method: Literal["POST"], path: str, kind: type[c.Command]) -> HTTPRouteHandler:
    async def answer(request: Request[Any, Any, Any]) -> Response[dict[str, Any]]:
        same_origin(request)
        user = signed_in(request)
        command = read_json(kind, await request.body(), request.path_params)
        answer = await request.app.state.desk.handle(command, by=user.actor, key=request.headers.get("idempotency-key"))
        content = {"id": answer.created, "repeated": answer.repeated}
        return Response(content, status_code=200 if answer.created is None or answer.repeated else 201)

    name = f"{kind.__name__}_{path.split('/')[1]}"
    return route(path, http_method=[method], name=name, include_in_schema=False)(answer)


def command_routes() -> list[HTTPRouteHandler]:
    return [_handler(*row) for row in ROUTES]
