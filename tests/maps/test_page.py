"""The map's page parts: nothing from outside, nothing a person typed, every word listed."""

import re
from html.parser import HTMLParser
from importlib.metadata import distribution
from pathlib import Path

import pytest

import caravan
from caravan.groups import NEEDS
from caravan.kitchens import SERVICES
from caravan.maps.page import MAP_WORDS, CaravanMap, MapOptions, map_parts

STATIC = Path(caravan.__file__).parent / "server" / "web" / "static"
SCRIPTS = {name: (STATIC / name).read_text(encoding="utf-8") for name in ("bus.js", "marks.js", "live.js")}
PARTS = map_parts(MapOptions(words=MAP_WORDS))


class Attributes(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, str | None]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag == "div"
        self.seen += attrs


def test_the_page_asks_no_one_outside_for_anything() -> None:
    whole = "\n".join((*PARTS.header_links, PARTS.html, PARTS.script, *SCRIPTS.values()))
    addresses = set(re.findall(r"https?://[^\"'\s]+", whole))
    assert addresses <= {"http://www.w3.org/2000/svg"}, "only the name of the SVG vocabulary, which is never fetched"
    assert all(link.startswith(("/vendor/", "/static/")) for link in PARTS.header_links)
    assert "url(" not in (STATIC / "map.css").read_text(encoding="utf-8")


def test_the_page_keeps_within_the_strict_content_security_policy() -> None:
    names = {name for name, _ in Attributes(PARTS.html).seen}
    assert names == {"class", "id", "role", "aria-label"}
    for script in (PARTS.script, *SCRIPTS.values()):
        assert not re.search(
            r"\beval\(|new Function|innerHTML\s*=|insertAdjacentHTML|document\.write|[\"'`]style[\"'`]",
            script,
        )


def test_every_asset_of_the_head_is_in_this_program_or_an_installed_package() -> None:
    packages = {
        "/static/": STATIC,
        "/vendor/leaflet/": Path(
            str(distribution("django-js-lib-leaflet").locate_file("js_lib_leaflet/static/js_lib_leaflet"))
        ),
        "/vendor/markercluster/": Path(
            str(distribution("xstatic-leaflet-markercluster").locate_file("xstatic/pkg/leaflet_markercluster/data"))
        ),
    }
    for link in PARTS.header_links:
        folder, path = next((found, prefix) for prefix, found in packages.items() if link.startswith(prefix))
        assert (folder / link.removeprefix(path)).is_file(), link


def test_leaflet_comes_before_what_builds_on_it_and_our_style_after_its_own() -> None:
    names = [link.rsplit("/", 1)[1] for link in PARTS.header_links]
    assert names == [
        "leaflet.css",
        "MarkerCluster.css",
        "map.css",
        "leaflet.js",
        "leaflet.markercluster.js",
        "bus.js",
        "marks.js",
        "live.js",
    ]


def test_the_same_options_give_the_same_parts_so_they_can_be_kept() -> None:
    assert map_parts(MapOptions(words=MAP_WORDS)) == PARTS


def test_two_maps_of_one_page_do_not_share_a_name() -> None:
    small = map_parts(MapOptions(words=MAP_WORDS, compact=True, name="small"))
    assert 'id="map_small"' in small.html
    assert "compact" in small.html
    assert "map_caravan" not in small.html + small.script
    assert '"compact": true' in small.script


def test_the_map_names_where_its_picture_and_its_changes_come_from() -> None:
    parts = map_parts(MapOptions(words=MAP_WORDS, snapshot="/foto", stream="/flujo", basemap=("/suelo",)))
    for address in ('"/foto"', '"/flujo"', '["/suelo"]'):
        assert address in parts.script


@pytest.mark.parametrize("attack", ["</script><script>window.pwned=1</script>", "${window.pwned=1}", "\"'><img src=x>"])
def test_a_hostile_translation_stays_text(attack: str) -> None:
    parts = map_parts(MapOptions(words=MAP_WORDS | {"map": attack, "drill": attack, "attribution": attack}))
    assert "<" not in parts.script.replace("=>", "")
    assert "`" not in parts.script
    assert dict(Attributes(parts.html).seen)["aria-label"] == attack


def test_folium_itself_is_left_with_its_own_assets() -> None:
    assert CaravanMap.default_js is not CaravanMap.__mro__[1].default_js
    assert any("leaflet" in url for _, url in CaravanMap.__mro__[1].default_js)


def test_every_word_the_browser_asks_for_is_in_the_list_and_every_listed_word_is_asked_for() -> None:
    code = "".join(SCRIPTS.values())
    prefixes = "|".join(sorted({key.partition(".")[0] for key in MAP_WORDS if "." in key}))
    whole = set(re.findall(r"\bword\(\"([\w.]+)\"", code)) | set(re.findall(rf"\"((?:{prefixes})\.\w+)\"", code))
    begun = set(re.findall(r"\bword\(`(\w+\.)\$\{", code)) | {
        f"{prefix}." for prefix in re.findall(r"\bcodes\(\"(\w+)\"", code)
    }
    assert whole <= MAP_WORDS.keys()
    coded = {key for key in MAP_WORDS if key.startswith(tuple(begun))}
    assert whole | coded | {"map", "attribution"} == MAP_WORDS.keys(), "the two that the page's parts show themselves"


def test_every_need_and_meal_of_the_program_has_its_word_on_the_map() -> None:
    assert {f"need.{need}" for need in NEEDS} == {key for key in MAP_WORDS if key.startswith("need.")}
    assert {f"service.{meal}" for meal in SERVICES} == {key for key in MAP_WORDS if key.startswith("service.")}


def test_no_word_is_empty() -> None:
    assert all(text.strip() == text and text for text in MAP_WORDS.values())
