"""The live map's page parts: Folium's map on our own assets, without one outside address or inline style.

Folium's ``Popup`` and ``Tooltip`` are never used: they write text into the page's script. Everything a person typed
reaches the browser as JSON and is written there with ``textContent`` (``server/web/static/marks.js``).
"""

# Folium and branca leave their keyword arguments without types.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Mapping

import folium
from branca.element import Figure
from folium.elements import JSCSSMixin
from folium.plugins import MarkerCluster
from folium.template import Template

from caravan.basics import Record

Corners = tuple[tuple[float, float], tuple[float, float]]  # south-west, north-east; latitude before longitude

GUANAJUATO: Corners = ((19.91, -102.10), (21.84, -99.67))
MEXICO: Corners = ((13.5, -119.0), (33.5, -85.5))
CLUSTER_ABOVE = 2_000  # points; 10,000 single markers took a browser 7.8 s

# Every word the map shows, as the Spanish source string that the catalog translates. ``{n}`` and the like are
# filled in by the browser. A page may add codes (``role.…``); one that nobody worded shows itself.
MAP_WORDS: dict[str, str] = {
    "attribution": "INEGI, Marco Geoestadístico (simplificado)",
    "state.live": "En vivo",
    "state.connecting": "Conectando…",
    "state.reconnecting": "Reconectando…",
    "state.offline": "Sin conexión: lo que se ve puede estar atrasado",
    "drill": "SIMULACRO",
    "map": "Mapa",
    "layers": "Capas",
    "legend": "Simbología",
    "close": "Cerrar",
    "zoom_in": "Acercar",
    "zoom_out": "Alejar",
    "open": "Ver la ficha",
    "unknown": "sin dato",
    "approximate": "Ubicación aproximada: cabecera municipal",
    "cluster": "{n} lugares juntos; acercar para verlos",
    "layer.stations": "Centrales",
    "layer.shelters": "Albergues",
    "layer.kitchens": "Comedores",
    "layer.agencies": "Dependencias",
    "layer.groups": "Grupos",
    "layer.lines": "Traslados",
    "layer.municipal_totals": "Totales por municipio",
    "one.stations": "Central",
    "one.shelters": "Albergue",
    "one.kitchens": "Comedor",
    "one.agencies": "Dependencia",
    "one.groups": "Grupo",
    "one.lines": "Traslado",
    "one.municipal_totals": "Municipio",
    "row.status": "Situación",
    "row.free": "Lugares libres",
    "row.nominal": "Lugares",
    "row.surge": "Lugares de contingencia",
    "row.occupied": "Ocupados",
    "row.held": "Apartados y en camino",
    "row.excess": "Personas de más",
    "row.stay_hours": "Estancia máxima",
    "row.admits": "Recibe a",
    "row.rations": "Raciones: {service}",
    "row.committed": "Raciones comprometidas",
    "row.people": "Personas",
    "row.range": "Los conteos difieren",
    "row.waiting": "Sin lugar",
    "row.hosted": "Alojadas",
    "row.state": "Situación",
    "row.needs": "Necesidades",
    "row.from": "De",
    "row.to": "A",
    "row.role": "Función",
    "row.level": "Nivel del protocolo",
    "row.ends_at": "Hasta",
    "row.shelters": "Albergues",
    "row.place": "Municipio",
    "row.at": "Dato de",
    "row.source": "Fuente",
    "range": "de {low} a {high}",
    "hours": "{n} h",
    "age.now": "hace un momento",
    "age.minutes": "hace {n} min",
    "age.hours": "hace {n} h",
    "age.days": "hace {n} días",
    "fresh.recent": "✓ reciente",
    "fresh.aging": "! confirmar: más de 6 h",
    "fresh.old": "✕ viejo: más de 24 h",
    "old_tag": "+24 h",
    "status.open": "con lugares",
    "status.full": "lleno",
    "status.over": "sobrecupo",
    "status.unknown": "sin dato",
    "status.closed": "cerrado",
    "status.held": "apartado, sin respuesta",
    "status.accepted": "aceptado, en camino",
    "status.arrived": "llegó",
    "kitchen_status.open": "abierto",
    "kitchen_status.full": "sin raciones libres",
    "kitchen_status.closed": "cerrado",
    "kitchen_status.unknown": "sin dato",
    "service.breakfast": "desayuno",
    "service.lunch": "comida",
    "service.dinner": "cena",
    "group_state.waiting": "esperan lugar",
    "group_state.hosted": "con lugar",
    "group_state.present": "presentes",
    "admits.fam": "familias",
    "admits.wom": "mujeres",
    "admits.men": "hombres",
    "admits.uam": "niñez no acompañada",
    "need.pregnant": "embarazadas",
    "need.lactating": "lactando",
    "need.medical": "necesitan atención médica",
    "need.reduced_mobility": "movilidad reducida",
    "need.continuous_medicine": "medicamento continuo",
    "need.lgbt_risk": "riesgo por identidad (LGBTIQ+)",
    "need.crime_victim": "víctimas de delito",
    "need.older_alone": "personas mayores solas",
    "need.infant": "lactantes menores de un año",
    "need.no_pork": "no comen cerdo",
    "need.soft_food": "necesitan dieta blanda",
    "legend.number": "El número dice cuántos lugares libres hay",
    "legend.old": "Cifra de hace más de 24 h",
    "legend.active": "Central con protocolo activo",
    "legend.seat": "Borde punteado: ubicación aproximada",
    "legend.total": "Lugares libres de un municipio",
    "legend.waiting": "Grupo con personas sin lugar",
}


class MapOptions(Record, frozen=True):
    """What a page's map is drawn from. ``basemap`` are addresses of GeoJSON, states first; ``words`` the reader's
    words by the keys of ``MAP_WORDS``; ``compact`` is the small map inside another page; ``name`` tells two
    maps of one page apart (letters and digits)."""

    words: Mapping[str, str]
    bounds: Corners = GUANAJUATO
    snapshot: str = "/map.geojson"
    stream: str = "/live"
    basemap: tuple[str, ...] = ("/basemap/mx_estados.geojson", "/basemap/mx11_municipios.geojson")
    language: str = "es-MX"
    zone: str = "America/Mexico_City"
    compact: bool = False
    name: str = "caravan"


class MapParts(Record, frozen=True):
    """``header_links``: style sheets and scripts of the page's head, in order. ``html``: the map's element.
    ``script``: JavaScript for one nonce'd ``<script>`` after it."""

    header_links: tuple[str, ...]
    html: str
    script: str


class CaravanMap(folium.Map):
    """Folium's map with local assets, and without its inline styles, tiles and jQuery."""

    # Folium declares both as mutable class attributes.
    default_js = [("leaflet", "/vendor/leaflet/leaflet.js")]
    default_css = [("leaflet_css", "/vendor/leaflet/leaflet.css")]

    _template = Template(
        """
        {% macro html(this, kwargs) %}
        <div class="caravan-map{% if this.shown.compact %} compact{% endif %}" id={{ this.get_name()|tojson }}
            role="region" aria-label="{{ this.shown.words.get("map", "")|e }}"></div>
        {% endmacro %}

        {% macro script(this, kwargs) %}
        const {{ this.get_name() }} = L.map({{ this.get_name()|tojson }}, {{ this.options|tojavascript }});
        {{ this.get_name() }}.fitBounds({{ this.shown.bounds|tojson }});
        {% endmacro %}
        """
    )

    def __init__(self, shown: MapOptions) -> None:
        super().__init__(
            location=tuple((low + high) / 2 for low, high in zip(*shown.bounds, strict=True)),
            zoom_start=8,
            tiles=None,
            zoom_control=False,
            attribution_control=False,
            minZoom=5,  # in Leaflet's own spelling: Folium keeps min_zoom and max_zoom for a tile layer
            maxZoom=15,
            zoom_snap=0.25,
            max_bounds=True,
            min_lat=MEXICO[0][0],
            min_lon=MEXICO[0][1],
            max_lat=MEXICO[1][0],
            max_lon=MEXICO[1][1],
        )
        self._id: str = shown.name
        self.shown: MapOptions = shown


class BaseMap(JSCSSMixin):
    """The ground: states and municipalities from our own server."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
        caravan.ground({{ this._parent.get_name() }}, {{ this.addresses|tojson }}, {{ this.credit|tojson }});
        {% endmacro %}
        """
    )

    def __init__(self, shown: MapOptions) -> None:
        super().__init__()
        self._name = "BaseMap"
        self._id = shown.name
        self.addresses = shown.basemap
        self.credit = shown.words.get("attribution", "")


class LocalCluster(MarkerCluster):
    """The marker cluster from the installed package. Its own style sheet is in ``map.css``, in our colours."""

    default_js = [("markercluster", "/vendor/markercluster/leaflet.markercluster.js")]
    default_css = [("markercluster_css", "/vendor/markercluster/MarkerCluster.css")]

    def __init__(self, shown: MapOptions) -> None:
        super().__init__(control=False, showCoverageOnHover=False)
        self._id = shown.name


class LiveLayer(JSCSSMixin):
    """The picture: a snapshot, then what changes. ``cluster`` takes the markers when they are too many."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
        caravan.live({{ this._parent.get_name() }}, {cluster: {{ this.cluster.get_name() }}, ...{{ this.live|tojson }}});
        {% endmacro %}
        """
    )

    default_js = [("bus", "/static/bus.js"), ("marks", "/static/marks.js"), ("live", "/static/live.js")]
    default_css = [("map_css", "/static/map.css")]

    def __init__(self, shown: MapOptions, cluster: LocalCluster) -> None:
        super().__init__()
        self._name = "LiveLayer"
        self._id = shown.name
        self.cluster = cluster
        self.live: dict[str, object] = {
            "snapshot": shown.snapshot,
            "stream": shown.stream,
            "language": shown.language,
            "zone": shown.zone,
            "compact": shown.compact,
            "clusterAbove": CLUSTER_ABOVE,
            "words": dict(shown.words),
        }


def map_parts(options: MapOptions) -> MapParts:
    """The parts of a page with the live map. The same options give the same parts: render once and keep them."""
    shown = CaravanMap(options)
    cluster = LocalCluster(options)
    elements: tuple[JSCSSMixin, ...] = (cluster, BaseMap(options), LiveLayer(options, cluster))
    for element in elements:
        shown.add_child(element)
    figure = shown.get_root()
    if not isinstance(figure, Figure):
        raise TypeError("a map is rendered inside a figure")
    figure.render()
    return MapParts(
        header_links=(
            *(url for part in (shown, *elements) for _, url in part.default_css),
            *(url for part in (shown, *elements) for _, url in part.default_js),
        ),
        html=figure.html.render().strip(),
        script=figure.script.render().strip(),
    )
