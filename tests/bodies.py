"""A right body for every command that is routed, without the ids of its path."""

from __future__ import annotations

from typing import Any

POSITION = {"lat": 21.12, "lon": -101.68}
PLACE = {"id": "nuevo", "name": "Nuevo", "municipality": "MX11020", "town": "León", "position": POSITION}
HOUR = "2023-05-16T04:00:00Z"

BODIES: dict[str, dict[str, Any]] = {
    "ActivateProtocol": {"station": "leon", "reason": "Autobús detenido junto a la Central", "level": "n1"},
    "SendEvent": {"event": "verificar", "payload": {"motivo": "Llamada", "nivel": "n1"}},
    "OpenCase": {"machine": "seguimiento"},
    "AnswerRelay": {"accepted": True, "received": 28, "reason": "Los recibió el DIF"},
    "ReportArrival": {
        "station": "leon",
        "people": 35,
        "declared_by": "Prensa en el lugar",
        "method": "press",
        "at": "2023-05-16T02:00:00Z",
        "composition": {"f": {"18-59": 10}, "m": {"18-59": 12, "0-4": 2}},
        "households": [{"women": 1, "men": 1, "children": {"0-4": 2}, "count": 2}],
        "unaccompanied": 1,
        "days_without_food": 3,
        "needs": {"medical": 2},
        "languages": ["ht"],
        "vehicle": {"kind": "bus"},
        "entered_country": "2023-05-10",
        "asylum": 4,
        "note": "Junto a la Central",
    },
    "RecordCount": {"people": 100, "method": "declared", "source": "Ellas mismas", "whole": True},
    "RecordAsylumWish": {"people": 2},
    "RecordDeparture": {
        "people": 3,
        "outcome": "left",
        "destination": "Aguascalientes",
        "source": "Brigada",
        "at": "2023-05-16T02:00:00Z",
    },
    "MergeGroups": {"into": "otro", "reason": "Mismo autobús"},
    "SplitGroup": {"people": 3, "reason": "Van por otro camino"},
    "AnnulGroup": {"reason": "Se capturó dos veces"},
    "ProposePlacement": {"pins": {"*": "galilea"}, "waived": ["declined"], "reason": "La casa aceptó por teléfono"},
    "ConfirmPlacement": {"plan": "q-x", "shelters": ["galilea"]},
    "OrderMeals": {"day": "2023-05-16", "service": "breakfast"},
    "AcceptPlacement": {"until": HOUR},
    "DeclinePlacement": {"reason": "No hay agua"},
    "RecordPlacementArrival": {"people": 83, "at": "2023-05-16T02:00:00Z"},
    "SetStayEnd": {"until": HOUR, "source": "La directora"},
    "WithdrawPlacement": {"reason": "Ya no hace falta"},
    "RegisterStation": {"station": PLACE | {"kind": "bus"}},
    "RegisterOffice": {"office": PLACE | {"agency": "INM"}},
    "RegisterShelter": {"shelter": PLACE | {"kind": "permanent", "sections": {"mix": {"nominal": 30}}}},
    "ReportOccupancy": {"available": {"mix": 12}},
    "RegisterKitchen": {"kitchen": PLACE | {"rations": {"dinner": 60}}},
    "ReportRations": {"rations": {"breakfast": 100}},
    "PlanMeals": {"day": "2023-05-16", "service": "breakfast"},
    "TransferMeals": {"place": "shelter:galilea", "rations": 20, "group": "g-x"},
    "CancelKitchenDay": {"day": "2023-05-16", "service": "breakfast", "reason": "Sin gas"},
    "AcceptMeals": {},
    "CancelMeals": {"reason": "Se fue la luz"},
    "RecordMealsServed": {"rations": 60},
    "LocatePlace": {"lat": 21.12, "lon": -101.68, "precision": "exact"},
    "CompleteTask": {"evidence": "Oficio 12"},
    "MarkNoticeSeen": {},
    "PublishPolicy": {"text": "colocacion: otra", "reason": "Llega una caravana"},
    "SaveDraft": {"text": "protocolo: otro", "note": "El plazo del paso"},
    "ProposePublication": {"sha256": "0" * 64},
    "ApprovePublication": {"sha256": "0" * 64},
    "WithdrawDraft": {},
    "MigrateActivation": {"version": 2, "reason": "Cambió la ley", "map": {"operativo": {"alerta": "aviso"}}},
}
