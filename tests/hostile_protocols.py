"""Files made to hurt a reader: deep, long, many, and things that grow when they are looked at twice."""

from __future__ import annotations

from collections.abc import Iterator

from written_protocols import HEAD, MACHINE, with_state

MANY = 2_500


def hostile() -> Iterator[tuple[str, str]]:
    """Names and texts. None is a sound protocol, or none that anybody should write."""
    yield from _shapes()
    yield from _expressions()
    yield from _crowds()


def _shapes() -> Iterator[tuple[str, str]]:
    yield "open brackets", "[" * 100_000
    yield "open braces", "{" * 100_000
    yield "open questions", "? " * 90_000
    yield "open dashes", "- " * 90_000
    yield "empty lists", "[" + "[]," * 60_000 + "]"
    yield "short words", "[" + "a," * 90_000 + "]"
    yield "long word", "a: " + "x" * 190_000
    yield "long key", "x" * 190_000 + ": 1"
    yield "long comment", "#" + "x" * 190_000
    yield "many comments", "#\n" * 90_000
    yield "many lines", "a: |\n" + " x\n" * 60_000
    yield "many documents", "---\n" * 45_000
    yield "many tags", "!!x " * 45_000
    yield "many anchors", "".join(f"a{i}: &b{i} 1\n" for i in range(9_500))
    yield "laughs", "a: &a [x,x,x]\n" + "".join(f"b{i}: &b{i} [*a,*a,*a]\n" for i in range(2_000))
    yield "merges", "".join(f"<<: {{a{i}: 1}}\n" for i in range(6_500))
    yield "quotes", '"' * 190_000
    yield "escapes", 'a: "' + "\\x41" * 45_000 + '"'
    yield "directives", "%YAML 1.1\n" * 19_000
    yield "colons", ":" * 190_000
    yield "tabs", "\t" * 190_000
    yield "too large", "x" * 2_000_000


def _expressions() -> Iterator[tuple[str, str]]:
    def guarded(guard: str) -> str:
        return with_state("{siempre: [" + f'{{si: "{guard}", ir_a: b}}, ' * (140_000 // (len(guard) + 20)) + "]}")

    yield "nots", guarded("not " * 120 + "en('a')")
    yield "sums", guarded("+".join("1" * 249) + ">0")
    yield "parentheses", guarded("(" * 20 + "1>0" + ")" * 20)
    yield "open parentheses", guarded("(" * 490)
    yield "words", guarded("grupo.horas_sin_comerr > 0")
    yield "states", guarded(" or ".join(["en('zzzz')"] * 30))
    yield "choices", guarded("grupo.personas in [" + ",".join("1" * 230) + "]")


def _crowds() -> Iterator[tuple[str, str]]:
    state = "{{cuando: {{e: {0}}}}}"
    sound = "".join(f"      s{i}: {state.format(f's{i + 1}')}\n" for i in range(2_000))
    machine = MACHINE.replace("      a: {BODY}\n      b: {final: true}\n", "{STATES}").replace(
        "inicial: a", "inicial: s0"
    )
    yield "states in a row", HEAD + machine.replace("{STATES}", sound + "      s2000: {final: true}\n")
    lost = "".join(f"      s{i}: {state.format(f'z{i}')}\n" for i in range(MANY))
    yield "unknown targets", HEAD + machine.replace("{STATES}", lost)
    yield "unknown keys", with_state("{" + ", ".join(f"clave{i}: 1" for i in range(9_000)) + "}")
    yield "doubled keys", with_state("{" + ", ".join("plazo: 1 h" for _ in range(9_000)) + "}")
    regions = ", ".join(f"r{i}: {{estados: {{q{i}: {{cuando: {{x: b}}}}}}}}" for i in range(1_500))
    yield "regions", with_state(f"{{paralelo: {{{regions}}}}}")
    targets = ", ".join(f"r{i}" for i in range(1_500))
    yield "targets", with_state(f"{{paralelo: {{{regions}}}, cuando: {{e: {{ir_a: [{targets}]}}}}}}")
    yield "initials", with_state(f"{{paralelo: {{{regions}}}, inicial: [{targets}]}}")
    events = ", ".join(f"e{i}: {{x{i}: entero}}" for i in range(4_000))
    yield (
        "events",
        with_state("{cuando: {'*': {si: evento.zz == 1, ir_a: b}}}").replace("eventos: {", f"eventos: {{{events}, "),
    )
    facts = ", ".join(f"x{i}: entero" for i in range(9_000))
    yield "facts", with_state("{cuando: {e: b}}").replace("  activacion:", f"  caso: {{{facts}}}\n  activacion:")
    agencies = "".join(f"  A{i}: {{nombre: x, papel: civil}}\n" for i in range(2_000))
    told = ", ".join(f"A{i}" for i in range(2_000))
    yield (
        "agencies",
        with_state(f"{{visible: [{told}], estados: {{c: {{visible: [{told}]}}}}}}").replace(
            "niveles:", f"{agencies}niveles:"
        ),
    )
    unknown = ", ".join(f"B{i}" for i in range(9_000))
    yield "unknown agencies", with_state(f"{{visible: [{unknown}]}}").replace("niveles:", f"{agencies}niveles:")
    days = ", ".join(f"20{i // 336 + 10:02}-{i // 28 % 12 + 1:02}-{i % 28 + 1:02}: x" for i in range(4_000))
    yield (
        "closures",
        with_state("{cuando: {e: b}}").replace(
            "niveles:", f"calendarios: {{lfpa28: {{cierres: {{{days}}}}}}}\nniveles:"
        ),
    )
    effects = ", ".join("{avisar: {a: [SDH], plantilla: p}}" for _ in range(2_500))
    yield "effects", with_state(f"{{al_entrar: [{effects}], cuando: {{e: b}}}}")
    yield "delays", with_state("{tras: {" + ", ".join(f"{i + 1} h: b" for i in range(9_000)) + "}}")
    yield "alternatives", with_state("{cuando: {e: [" + "b, " * 9_000 + "]}}")
    yield (
        "circle",
        HEAD
        + machine.replace("{STATES}", "".join(f"      s{i}: {{siempre: s{(i + 1) % 2_000}}}\n" for i in range(2_000))),
    )
