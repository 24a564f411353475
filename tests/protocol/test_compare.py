"""The difference between two versions, as it is told to whoever has to approve it."""

from __future__ import annotations

import re
from datetime import date, time
from typing import Any

import pytest
from msgspec.structs import replace
from protocol_files import PROTOCOLS

from caravan.protocol.model import (
    Agency,
    Deadline,
    Duration,
    Ladder,
    Level,
    Machine,
    Protocol,
    Service,
    State,
    Transition,
    act,
    atomic,
    compound,
    final,
    history,
    machine,
    on,
    parallel,
    protocol,
)
from caravan.protocol.versions.compare import differences
from caravan.protocol.versions.difference import GROUPS, grouped
from caravan.protocol.vocabulary import FactType

WAIT = atomic(
    "espera",
    on("llega", "dentro", label={"es": "Llega alguien"}),
    label={"es": "En espera"}, owner="SDH", deadline=Deadline(lasts=Duration.parse("4 h")), provenance={"D": "el plazo"},
    on_entry=(act("avisar", a=["DIF"], plantilla="llegada"), act("tarea", titulo={"es": "Contar"}, a="SDH")),
)  # fmt: skip
INSIDE = compound("dentro", atomic("uno", on("sigue", "dos")), atomic("dos", on("vuelve", "uno")), history("memoria"))
END = final("fin")
AGENCIES = {
    "SDH": Agency(id="SDH", name="Derechos Humanos", kind="coordinacion", channels=("correo",)),
    "DIF": Agency(id="DIF", name="DIF", kind="estatal"),
}


def _protocol(*states: State, **parts: Any) -> Protocol:
    whole = states or (WAIT, INSIDE, END)
    made: Machine = replace(machine("operativo", *whole), **parts.pop("machine", {}))
    # Not checked as a whole: each test changes one thing, whether or not the machine could still run.
    said = {"machines": {made.id: made}, "agencies": AGENCIES, "levels": (Level(id="n1", minimum=15),)}
    return replace(protocol(machine("m", atomic("a"))), **(said | parts))


BEFORE = _protocol()


def _said(after: Protocol) -> list[str]:
    return [difference.said for difference in differences(BEFORE, after)]


def _codes(after: Protocol) -> list[str]:
    return [difference.code for difference in differences(BEFORE, after)]


def _with(**changes: Any) -> Protocol:
    return _protocol(replace(WAIT, **changes), INSIDE, END)


def _with_transition(**changes: Any) -> Protocol:
    return _with(transitions=(replace(WAIT.transitions[0], **changes),))


def test_only_another_version_number_and_other_lines_are_no_difference() -> None:
    assert differences(BEFORE, BEFORE) == ()
    assert differences(BEFORE, _protocol(replace(WAIT, line=7), INSIDE, END, version=2)) == ()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"owner": "DIF"}, "De «En espera» respondía Derechos Humanos; ahora responde DIF."),
        ({"deadline": Deadline(lasts=Duration.parse("30 dh"))}, "El plazo de «En espera» era de 4 h; ahora es de 30 días hábiles."),
        ({"deadline": None}, "«En espera» tenía un plazo de 4 h; ahora no tiene plazo propio."),
        ({"visible": ("SDH",)}, "De «En espera» podía saber cualquiera; ahora Derechos Humanos."),
        ({"locked": True}, "«En espera» queda fijo: quien derive de este protocolo no podrá quitarlo."),
        ({"provenance": {"L": "LM 8"}}, "La fuente de «En espera» era Propuesta de diseño: el plazo; ahora es Ley: LM 8."),
        ({"on_entry": WAIT.on_entry[1:]}, "«En espera»: al comenzar, ya no se avisa a DIF («llegada»)."),
        ({"on_entry": WAIT.on_entry[:1]}, "«En espera»: al comenzar, ya no se pide la tarea «Contar», para Derechos Humanos."),
        ({"on_exit": (act("registrar", nota="sale"),)}, "«En espera»: al terminar, ahora además: queda anotado en la bitácora (nota: sale)."),
        ({"kind": "final", "transitions": ()}, "El paso «En espera» era un paso; ahora es un final."),
        ({"label": {"es": "Por atender"}}, "«Por atender»: decía «En espera»; ahora, «Por atender»."),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)  # fmt: skip
def test_what_changes_in_a_step_is_told_in_a_sentence(changes: dict[str, Any], said: str) -> None:
    assert said in _said(_with(**changes))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"targets": ("fin",)}, "«En espera»: «Llega alguien» llevaba a «Dentro»; ahora lleva a «Fin»."),
        ({"guard": "en('espera')"}, "«En espera»: «Llega alguien», ahora solo si está en «En espera»."),
        ({"requires": ("constancia",)}, "En «En espera», «Llega alguien» pide ahora también constancia."),
        ({"senders": ("DIF",)}, "«En espera»: «Llega alguien» lo podía anotar quien responde del paso y la coordinación; ahora DIF."),
        ({"actions": (act("avisar", a="DIF", plantilla="otra"),)}, "«En espera»: con «Llega alguien», ahora se avisa a DIF («otra»)."),
        ({"locked": True}, "«En espera»: «Llega alguien» queda fijo."),
        ({"internal": True}, "«En espera», «Llega alguien»: se salía del paso y se volvía a entrar; ahora no se sale del paso."),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)  # fmt: skip
def test_what_changes_in_a_way_out_is_told_in_a_sentence(changes: dict[str, Any], said: str) -> None:
    assert _said(_with_transition(**changes)) == [said]


_LADDER = Ladder(rungs=("SDH",), every=Duration.parse("1 h"))
_DESK = Service(id="mesa", days=(0, 1), opens=time(9), closes=time(17))
_OTHER: dict[str, Protocol] = {
    "ladder.changed": _with(ladder=_LADDER),
    "ladder.protocol": _protocol(ladder=_LADDER),
    "warning.changed": _with(deadline=replace(WAIT.deadline, warn_before=Duration.parse("1 h")) if WAIT.deadline else None),
    "words.event": _with_transition(label={"es": "Llegan"}),
    "way.added": _with(transitions=(*WAIT.transitions, on("sale", "fin"))),
    "way.gone": _with(transitions=()),
    "step.moved": _protocol(WAIT, replace(INSIDE, children=(*INSIDE.children, END))),
    "step.initial": _protocol(WAIT, replace(INSIDE, initial=("dos",)), END),
    "history.deep": _protocol(WAIT, replace(INSIDE, children=(*INSIDE.children[:2], history("memoria", deep=True))), END),
    "machine.initial": _protocol(machine={"initial": ("dentro",)}),
    "machine.instance": _protocol(machine={"instance": "caso"}),
    "words.changed": _protocol(machine={"label": {"es": "El operativo"}}),
    "effect.added": _protocol(machine={"on_initial": (act("registrar", nota="empieza"),)}),
    "agency.gone": _protocol(agencies={"SDH": AGENCIES["SDH"]}),
    "agency.name": _protocol(agencies={**AGENCIES, "DIF": replace(AGENCIES["DIF"], name="DIF estatal")}),
    "agency.kind": _protocol(agencies={**AGENCIES, "DIF": replace(AGENCIES["DIF"], kind="municipal")}),
    "agency.channels": _protocol(agencies={**AGENCIES, "DIF": replace(AGENCIES["DIF"], channels=("correo",))}),
    "level.minimum": _protocol(levels=(Level(id="n1", minimum=20),)),
    "level.added": _protocol(levels=(Level(id="n1", minimum=15), Level(id="n2", minimum=80))),
    "service.added": _protocol(services={"mesa": _DESK}),
    "calendar.days": _protocol(calendar=replace(BEFORE.calendar, holidays=((1, 1),))),
    "calendar.changed": _protocol(calendar=replace(BEFORE.calendar, id="estatal")),
    "closure.added": _protocol(calendar=replace(BEFORE.calendar, closures={date(2023, 4, 6): "acuerdo del 3 de abril"})),
    "fact.added": _protocol(facts={"grupo": {"personas": FactType(kind="integer")}}),
    "payload.added": _protocol(events={"llega": {"cuantas": FactType(kind="integer")}}),
    "head.changed": _protocol(state_name="Querétaro"),
    "provenance.protocol": _protocol(provenance="Otra."),
}  # fmt: skip


@pytest.mark.parametrize("code", _OTHER)
def test_every_kind_of_change_has_its_own_code(code: str) -> None:
    found = differences(BEFORE, _OTHER[code])
    assert code in [difference.code for difference in found]
    assert all(d.said.endswith(".") and "{" not in d.said and "None" not in d.said for d in found)


@pytest.mark.parametrize("kind", [State, Transition, Machine, Protocol])
def test_no_field_of_the_model_changes_in_silence(kind: type) -> None:
    """Each field is given a value it did not have; ``id`` and ``version`` of a protocol and lines are not its content."""
    values: dict[str, Any] = {
        "id": "otro", "kind": "final", "children": INSIDE.children, "initial": ("fin",), "on_initial": (act("registrar", nota="x"),),
        "deep": True, "transitions": (), "on_entry": (), "on_exit": (act("registrar", nota="x"),), "on_resume": (act("registrar", nota="x"),),
        "deadline": None, "ladder": _LADDER, "owner": "DIF", "visible": ("SDH",), "locked": True, "label": {"es": "Otras palabras"},
        "provenance": {"L": "LM 8"}, "events": ("otro",), "targets": ("fin",), "guard": "en('fin')", "actions": (act("registrar", nota="x"),),
        "requires": ("x",), "internal": True, "delay": Duration.parse("1 h"), "senders": ("DIF",), "instance": "grupo",
        "states": (WAIT,), "resumes": True,
    }  # fmt: skip
    whole: dict[str, Any] = {
        "id": "otro", "title": {"es": "Otro"}, "provenance": "Otra.", "state_name": "Querétaro", "pcode": "MX22", "timezone": "UTC",
        "calendar": replace(BEFORE.calendar, id="x"), "agencies": {}, "levels": (), "machines": {}, "ladder": _LADDER,
        "events": {"llega": {"x": FactType(kind="text")}}, "facts": {"grupo": {"nna": FactType(kind="integer")}}, "effective": date(2026, 1, 1),
        "extends": ("legal@1",), "services": {"mesa": _DESK},
    }  # fmt: skip
    silent: list[str] = []
    for name in kind.__struct_fields__:
        if name in ("line", "file", "version"):
            continue
        if kind is State:
            after = _with(**{name: values[name]})
        elif kind is Transition:
            after = _with_transition(**{name: values[name]})
        elif kind is Machine:
            after = _protocol(machine={name: values[name]}) if name != "id" else _protocol(machine={"id": "otra"})
        else:
            after = _protocol(**{name: whole[name]})
        if not differences(BEFORE, after):
            silent.append(name)
    assert silent == []


def test_a_step_under_another_key_is_told_as_the_same_step_with_its_ways_followed() -> None:
    after = _protocol(
        replace(WAIT, transitions=(on("llega", "adentro", label={"es": "Llega alguien"}),)),
        replace(INSIDE, id="adentro"),
        END,
    )
    assert [d.code for d in differences(BEFORE, after)] == ["step.renamed"]


def test_a_step_that_goes_takes_its_notices_with_it_and_a_new_one_brings_its_own() -> None:
    gone = _protocol(INSIDE, END, machine={"initial": ("dentro",)})
    assert {"step.gone", "notice.gone", "task.gone"} <= set(_codes(gone))
    new = atomic("nuevo", on("sale", "fin"), owner="DIF", on_entry=(act("avisar", a="DIF", plantilla="nuevo"),))
    said = _said(_protocol(WAIT, INSIDE, new, END))
    assert said[0] == "Se agrega el paso «Nuevo» (responde DIF)."
    assert "«Nuevo»: al comenzar, ahora se avisa a DIF («nuevo»)." in said


def test_what_is_inherited_is_told_once_where_it_is_written() -> None:
    track = parallel(
        "tramos", compound("asilo", atomic("a", on("x", "b")), final("b"), owner="SDH"), compound("otro", final("c"))
    )
    before, after = protocol(machine("m", track)), protocol(machine("m", _owned(track, "DIF")))
    assert [d.said for d in differences(before, after)] == ["De «Asilo» respondía SDH; ahora responde DIF."]


def _owned(track: State, owner: str) -> State:
    return replace(track, children=(replace(track.children[0], owner=owner), *track.children[1:]))


def test_another_order_alone_says_that_it_is_only_the_order() -> None:
    found = differences(BEFORE, _protocol(WAIT, END, INSIDE))
    assert [d.code for d in found] == ["order.only", "order.changed"]
    assert found[0].said == "Solo cambia el orden en que está escrito; todo lo demás es igual."


def test_steps_owners_deadlines_and_notices_are_read_first() -> None:
    changed = replace(WAIT, owner="DIF", deadline=None, on_entry=(), label={"es": "Otra"}, provenance={})
    after = _protocol(changed, END, atomic("n"), machine={"initial": ("espera",)})
    titles = [title for title, _ in grouped(differences(BEFORE, after))]
    assert titles[:5] == ["Pasos que se quitan", "Pasos nuevos o cambiados", "Quién responde", "Plazos", "Avisos"]
    assert titles == [title for _, title in GROUPS if title in titles]


LAW = parallel(
    "tramos",
    compound(
        "asilo",
        atomic("deteccion", on("temor", "fin_asilo", guard="not (grupo.nna > 0)"), deadline=WAIT.deadline),
        final("fin_asilo"),
        label={"es": "Asilo"}, locked=True,
    ),
    compound("comida", atomic("pedida", on("llega", "servida", locked=True), on("otra", "servida")), final("servida")),
)  # fmt: skip


def test_what_the_law_fixes_comes_before_all_else_and_what_goes_of_it_is_counted_and_named() -> None:
    before = replace(protocol(machine("m", LAW), agencies=AGENCIES), extends=("base-legal@1",))
    food = LAW.children[1]
    weaker = replace(food, children=(atomic("pedida", on("otra", "servida")), food.children[1]))
    after = protocol(machine("m", replace(LAW, children=(weaker,), owner="SDH")), agencies=AGENCIES)
    (title, law), *others = grouped(differences(before, after))
    assert title == "Lo que la ley deja fijo"
    assert [one.said for one in law] == [
        "Ya no deriva de «base-legal@1»: lo que ese paquete dejaba fijo ya no obliga.",
        "Se quitan 3 pasos que estaban fijos: «Asilo», «Asilo › Deteccion» y «Asilo › Fin asilo».",
        "«Comida › Pedida»: «Llega» ya no lleva a «Comida › Servida».",
    ]
    assert "Pasos que se quitan" not in [title for title, _ in others]


def test_what_weakens_a_locked_step_is_read_with_the_law_and_what_is_added_to_it_is_not() -> None:
    asylum = LAW.children[0]
    screening = replace(
        asylum.children[0], deadline=None, transitions=(on("temor", "fin_asilo"), on("otra", "fin_asilo"))
    )
    after = replace(LAW, children=(replace(asylum, children=(screening, asylum.children[1])), LAW.children[1]))
    told = {title: [one.said for one in some] for title, some in grouped(differences(protocol(machine("m", LAW)), protocol(machine("m", after))))}  # fmt: skip
    assert told["Lo que la ley deja fijo"] == [
        "«Asilo › Deteccion» tenía un plazo de 4 h; ahora no tiene plazo propio.",
        "«Asilo › Deteccion»: «Temor», ya no hace falta que se cumpla: no hay niñas, niños o adolescentes.",
    ]
    assert told["Qué termina cada paso"] == ["«Asilo › Deteccion»: ahora también «Otra» lleva a «Asilo › Fin asilo»."]


def test_alternatives_tried_in_another_order_are_not_told_as_mere_order() -> None:
    ways = on("sale", "fin", guard="grupo.nna > 0"), on("sale", "fin", guard="grupo.mujeres > 0")
    before, after = (protocol(machine("m", atomic("a", *some), END)) for some in (ways, ways[::-1]))
    (found,) = differences(before, after)
    assert found.said == (
        "«A»: «Sale», antes lleva a «Fin» (si hay niñas, niños o adolescentes); si no, lleva a «Fin» (si hay mujeres); "
        "ahora lleva a «Fin» (si hay mujeres); si no, lleva a «Fin» (si hay niñas, niños o adolescentes)."
    )


def test_words_in_other_languages_are_one_short_line() -> None:
    task = act("tarea", titulo={"es": "Contar", "en": "Count"}, a="SDH")
    after = _protocol(
        replace(WAIT, label={"es": "En espera", "en": "Waiting"}, on_entry=(WAIT.on_entry[0], task)), INSIDE, END
    )
    assert _said(after) == [
        "Cambian palabras en otras lenguas (2 en total); las españolas son las mismas o se dicen aparte."
    ]


def test_steps_of_the_same_words_are_told_apart_by_their_key() -> None:
    twins = [atomic(name, on("sale", "fin"), label={"es": "Por ver"}) for name in ("uno", "dos")]
    before = protocol(machine("m", *twins, END), agencies=AGENCIES)
    after = protocol(machine("m", replace(twins[0], owner="DIF"), twins[1], END), agencies=AGENCIES)
    assert [d.said for d in differences(before, after)] == ["De «Por ver» (uno) respondía nadie; ahora responde DIF."]


def test_two_conditions_that_read_alike_are_told_as_the_file_writes_them() -> None:
    before = protocol(machine("m", atomic("a", on("sale", "fin", guard="not (grupo.nna > 0)")), END))
    after = protocol(machine("m", atomic("a", on("sale", "fin", guard="grupo.nna == 0")), END))
    assert [d.said for d in differences(before, after)] == [
        "«A»: «Sale», antes si no hay niñas, niños o adolescentes (en el archivo: not (grupo.nna > 0)); "
        "ahora si no hay niñas, niños o adolescentes (en el archivo: grupo.nna == 0)."
    ]


@pytest.mark.parametrize("pair", [("base-legal", "guanajuato"), ("guanajuato", "base-legal")], ids="-".join)
def test_the_shipped_protocols_are_compared_without_the_words_of_the_file(pair: tuple[str, str]) -> None:
    before, after = (PROTOCOLS[name] for name in pair)
    found = [d for d in differences(before, after) if d.group not in ("facts", "head", "agencies", "provenance")]
    assert found
    names = " ".join(agency.name for agency in (*before.agencies.values(), *after.agencies.values()))
    keys = {key for key in (*before.agencies, *after.agencies) if key not in names}
    for said in (difference.said for difference in found):
        assert not re.search(r"\b(grupo|activacion|evento)\.\w|==|\bnot\b|\band\b|\ben en\b|=\w", said), said
        assert not keys & set(re.findall(r"\b[A-Z]{3,}\b", re.sub(r"«[^»]*»", "", said))), said
