// The live map: the ground, then a snapshot of the picture, then what changes.
"use strict";

(() => {
  const {element, Wording, LINE_STYLES, iconOf, sheet, label, legend} = caravan.marks;
  const RETRY_MS = 4000;
  const NARROW = matchMedia("(max-width: 700px)");
  const PER_RING = 9;
  const APART = 50;  // pixels between marks of one seat
  const OVERVIEW = {below: 9, scale: 0.7};  // zoom under which marks are smaller; map.css says the same
  // From the bottom to the top: the number of free places is what nothing may cover.
  const LAYERS = ["lines", "agencies", "municipal_totals", "groups", "stations", "kitchens", "shelters"];

  // --- the ground

  caravan.ground = async (map, addresses, credit) => {
    L.control.attribution({prefix: "Leaflet"}).addAttribution(credit).addTo(map);
    map.createPane("ground").style.zIndex = 200;
    map.createPane("names").style.zIndex = 250;
    const sayZoom = () => { map.getContainer().dataset.zoom = Math.floor(map.getZoom()); };
    map.on("zoomend", sayZoom);
    sayZoom();
    const responses = await Promise.all(addresses.map((address) => fetch(address)));
    const grounds = await Promise.all(responses.map((response) => (response.ok ? response.json() : {features: []})));
    const parts = grounds.slice(1).flatMap(({features}) => features);
    const divided = new Set(parts.map((area) => area.properties.pcode.slice(0, 4)));
    for (const [depth, {features}] of grounds.entries()) {
      const kind = depth === 0 ? "state" : "municipality";
      L.geoJSON(features, {pane: "ground", interactive: false, style: {className: `ground ${kind}`}}).addTo(map);
      for (const area of features) if (!divided.has(area.properties.pcode)) nameOf(area, kind).addTo(map);
    }
  };

  function nameOf(area, kind) {
    const rings = area.geometry.type === "Polygon" ? [area.geometry.coordinates[0]]
      : area.geometry.coordinates.map((polygon) => polygon[0]);
    const largest = rings.reduce((one, other) => (other.length > one.length ? other : one));
    const text = element("span", `name ${kind}`, area.properties.name);
    const icon = L.divIcon({html: text, className: "", iconSize: [0, 0]});
    return L.marker(middle(largest), {icon, pane: "names", interactive: false, keyboard: false});
  }

  // The centre of gravity of a ring, as latitude and longitude.
  function middle(ring) {
    let [twice, x, y] = [0, 0, 0];
    for (let i = 1; i < ring.length; i += 1) {
      const [[ax, ay], [bx, by]] = [ring[i - 1], ring[i]];
      const cross = ax * by - bx * ay;
      twice += cross;
      x += (ax + bx) * cross;
      y += (ay + by) * cross;
    }
    return [y / (3 * twice), x / (3 * twice)];
  }

  // --- where things stand: features at one town seat are spread on rings around it, in pixels, by id

  function ringOffset(index, count) {
    if (count === 1) return L.point(0, 0);
    const ring = Math.floor(index / PER_RING);
    return onRing(ring, (index % PER_RING) / Math.min(PER_RING, count - ring * PER_RING), count);
  }

  // Groups come and go: they have rings of their own outside the places, each its slot by hour of arrival, so that a new one
  // moves nothing that was there.
  function groupOffset(index, places) {
    const ring = Math.ceil(places / PER_RING) + Math.floor(index / PER_RING);
    return places + index === 0 ? L.point(0, 0) : onRing(ring, (index % PER_RING) / PER_RING, places);
  }

  function onRing(ring, turn, count) {
    const inner = (Math.min(PER_RING, count) * APART) / (2 * Math.PI);
    const radius = Math.max(0.6 * APART, inner) + ring * APART;
    const angle = 2 * Math.PI * turn - Math.PI / 2;
    return L.point(Math.cos(angle) * radius, Math.sin(angle) * radius);
  }

  class LiveMap {
    constructor(map, options) {
      this.map = map;
      this.options = options;
      this.wording = new Wording(options);
      this.features = new Map();  // id → feature
      this.drawn = new Map();     // id → Leaflet layer
      this.seats = new Map();     // "lon,lat" → ids drawn around it
      this.clustered = false;
      this.state = "connecting";  // of the stream
      this.groups = Object.fromEntries(LAYERS.map((name) => [name, L.layerGroup().addTo(map)]));
      this.dress();
      map.on("zoomend", () => this.settle());
      map.on("popupopen", ({popup}) => this.opened(popup));
      map.on("overlayadd overlayremove", ({layer}) => this.toggle(layer));
      map.getContainer().addEventListener("keydown", ({key}) => key === "Escape" && map.closePopup());
      setInterval(() => this.tellTime(), 1000);
      setInterval(() => this.grow(), 15_000);
      this.load();
    }

    // --- the stream

    async load() {
      this.waiting = [];
      let snapshot;
      try {
        const response = await fetch(this.options.snapshot, {headers: {Accept: "application/geo+json"}});
        if (!response.ok) throw new Error(response.status);
        snapshot = await response.json();
      } catch {
        this.say("offline");
        setTimeout(() => this.load(), RETRY_MS);
        return;
      }
      const {id, now, rate, drill} = snapshot.caravan;
      this.wording.clock = {now, rate, received: Date.now()};
      this.pill.classList.toggle("drill", drill);
      this.say(this.state);
      this.tellTime();
      const present = new Set(snapshot.features.map((feature) => feature.id));
      const drop = [...this.features.keys()].filter((held) => !present.has(held));
      this.apply({put: snapshot.features, drop});
      const missed = this.waiting;
      this.waiting = null;
      missed.forEach((frame) => this.receive(frame));
      this.subscription ??= caravan.subscribe({
        address: this.options.stream,
        after: id,
        onFrame: (frame) => this.receive(frame),
        onState: (state) => {
          this.state = state;
          this.say(state);
        },
      });
    }

    receive(frame) {
      if (this.waiting) this.waiting.push(frame);
      else if (frame.event === "snapshot") this.load();
      else if (frame.event === "clock") this.wording.clock = {...JSON.parse(frame.data), received: frame.received};
      else this.apply(JSON.parse(frame.data), {highlight: true});
    }

    apply({put = [], drop = []}, {highlight = false} = {}) {
      drop.forEach((id) => this.erase(id));
      put.forEach((feature) => this.draw(feature));
      this.arrange(put.map((feature) => feature.id));
      this.settle();
      if (highlight) put.forEach(({id}) => this.highlight(id));
    }

    // --- drawing

    draw(feature) {
      const {id, geometry, properties} = feature;
      const before = this.features.get(id);
      if (before && (before.geometry?.type !== geometry?.type || before.properties.layer !== properties.layer)) {
        this.erase(id);
      }
      this.unseat(id);
      this.features.set(id, feature);
      if (!geometry) return;
      const layer = this.drawn.get(id) ?? this.make(feature);
      if (geometry.type === "Point") {
        layer.setIcon(iconOf(properties, this.wording));
        this.seat(feature, layer);
      } else {
        layer.setStyle(LINE_STYLES[properties.status] ?? LINE_STYLES.held);
      }
      this.announce(id);
      this.refresh(layer);
    }

    make({id, geometry, properties}) {
      const onTop = 1000 * LAYERS.indexOf(properties.layer);
      const layer = geometry.type === "Point"
        ? L.marker([geometry.coordinates[1], geometry.coordinates[0]], {riseOnHover: true, zIndexOffset: onTop})
        : L.polyline([], {className: "line"});
      layer.bindPopup(() => sheet(this.features.get(id).properties, this.wording),
        {minWidth: 220, maxWidth: 300, maxHeight: Math.max(200, this.map.getSize().y * 0.6), autoPanPadding: [12, 66]});
      layer.on("add", () => this.announce(id));
      this.drawn.set(id, layer);
      return layer;
    }

    // Screen readers and the keyboard: lines are reached like marks.
    announce(id) {
      const shown = this.drawn.get(id).getElement();
      if (!shown) return;
      const said = label(this.features.get(id).properties, this.wording);
      const spoken = {role: "button", tabindex: "0", "aria-label": said, "data-feature": id};
      for (const [name, value] of Object.entries(spoken)) shown.setAttribute(name, value);
    }

    refresh(layer) {
      if (!layer.isPopupOpen()) return;
      const popup = layer.getPopup();
      const focused = popup.getElement().contains(document.activeElement);
      popup.options.autoPan = false;  // what the reader looks at must not move
      popup.update();
      popup.options.autoPan = true;
      if (focused) this.focusOn(popup);
    }

    erase(id) {
      const layer = this.drawn.get(id);
      this.unseat(id);
      if (layer) for (const group of [...Object.values(this.groups), this.options.cluster]) group.removeLayer(layer);
      this.drawn.delete(id);
      this.features.delete(id);
    }

    seat({id, geometry, properties}, layer) {
      const [lon, lat] = geometry.coordinates;
      layer.setLatLng([lat, lon]);
      if (properties.precision !== "town_seat") return;
      const key = `${lon},${lat}`;
      if (!this.seats.has(key)) this.seats.set(key, new Set());
      this.seats.get(key).add(id);
    }

    unseat(id) {
      for (const ids of this.seats.values()) ids.delete(id);
    }

    // Puts marks and lines where the zoom wants them.
    settle() {
      const scale = this.map.getZoom() < OVERVIEW.below ? OVERVIEW.scale : 1;
      for (const [key, ids] of this.seats) {
        const [lon, lat] = key.split(",").map(Number);
        const centre = this.map.project([lat, lon]);
        const isGroup = (id) => id.startsWith("group:");
        const places = [...ids].filter((id) => !isGroup(id)).sort();
        const since = (id) => `${this.features.get(id).properties.at} ${id}`;
        const groups = [...ids].filter(isGroup).sort((one, other) => (since(one) < since(other) ? -1 : 1));
        [...places, ...groups].forEach((id, index) => {
          const offset = (index < places.length ? ringOffset(index, places.length)
            : groupOffset(index - places.length, places.length)).multiplyBy(this.clustered ? 0 : scale);
          const layer = this.drawn.get(id);
          const spot = this.map.unproject(centre.add(offset));
          if (!layer.getLatLng().equals(spot)) layer.setLatLng(spot);
        });
      }
      for (const [id, layer] of this.drawn) {
        const {geometry, properties} = this.features.get(id);
        if (geometry.type !== "LineString") continue;
        const ends = [[properties.from, geometry.coordinates[0]], [properties.to, geometry.coordinates.at(-1)]];
        layer.setLatLngs(ends.map(([end, spot]) => this.standing(end, spot)));
      }
    }

    // A line ends at the mark of its group or shelter where that was spread, not at the empty seat.
    standing(id, [lon, lat]) {
      return this.drawn.get(id)?.getLatLng() ?? [lat, lon];
    }

    // Puts new layers on the map: each into its own overlay, or all points into one cluster when they are many.
    arrange(ids) {
      const points = [...this.features.values()].filter(({geometry}) => geometry?.type === "Point");
      const clustered = points.length > this.options.clusterAbove;
      const {cluster} = this.options;
      const together = [];
      for (const id of clustered === this.clustered ? ids : this.drawn.keys()) {
        const layer = this.drawn.get(id);
        const {geometry, properties} = this.features.get(id);
        const group = this.groups[properties.layer];
        if (!layer || !group) continue;
        if (clustered && geometry.type === "Point") {
          group.removeLayer(layer);
          if (this.map.hasLayer(group) && !cluster.hasLayer(layer)) together.push(layer);
        } else {
          cluster.removeLayer(layer);
          group.addLayer(layer);
        }
      }
      this.clustered = clustered;
      cluster.addLayers(together);
    }

    // The layer control switches overlays on and off; what is in the cluster follows it here.
    toggle(group) {
      if (!this.clustered) return;
      const {cluster} = this.options;
      const points = [...this.drawn].filter(([id]) => {
        const {geometry, properties} = this.features.get(id);
        return geometry.type === "Point" && this.groups[properties.layer] === group;
      }).map(([, layer]) => layer);
      if (this.map.hasLayer(group)) cluster.addLayers(points);
      else cluster.removeLayers(points);
    }

    highlight(id) {
      const shown = this.drawn.get(id)?.getElement();
      const marked = shown?.querySelector?.(".mark") ?? shown;
      marked?.classList.add("changed");
      setTimeout(() => marked?.classList.remove("changed"), 4000);
    }

    // Figures grow old by themselves.
    grow() {
      for (const [id, layer] of this.drawn) {
        this.refresh(layer);
        const {properties} = this.features.get(id);
        const tagged = Boolean(layer.getElement()?.querySelector(".tag"));
        if (properties.layer !== "shelters" || tagged === (this.wording.freshness(properties.at) === "old")) continue;
        layer.setIcon(iconOf(properties, this.wording));
        this.announce(id);
      }
    }

    // --- popups, pill, legend, layers

    opened(popup) {
      const close = popup.getElement().querySelector(".leaflet-popup-close-button");
      close?.setAttribute("aria-label", this.wording.word("close"));
      if (document.activeElement?.matches(".leaflet-marker-icon:focus-visible, path:focus-visible")) {
        const from = document.activeElement;
        this.focusOn(popup);
        this.map.once("popupclose", () => from.isConnected && from.focus());
      }
    }

    focusOn(popup) {
      const shown = popup.getElement().querySelector(".sheet");
      shown.tabIndex = -1;
      shown.focus();
    }

    dress() {
      const {map, wording, options} = this;
      const word = (key) => wording.word(key);
      const position = NARROW.matches ? "bottomright" : "topleft";
      L.control.zoom({position, zoomInTitle: word("zoom_in"), zoomOutTitle: word("zoom_out")}).addTo(map);
      this.saying = element("span", "saying");
      this.saying.setAttribute("role", "status");
      this.saying.setAttribute("aria-live", "polite");
      this.time = element("span", "time");
      const drill = element("strong", "drill-word", word("drill"));
      this.pill = element("div", "pill connecting", drill, this.saying, this.time);
      map.getContainer().append(this.pill);
      this.say(this.state);
      options.cluster.options.iconCreateFunction = (cluster) => this.clusterIcon(cluster);
      if (options.compact) {
        map.scrollWheelZoom.disable();  // the page around a small map must scroll
        if (L.Browser.mobile) map.dragging.disable();
        return;
      }
      // Leaflet reads an overlay's name as HTML.
      const escaped = (text) => element("span", "", text).innerHTML;
      const named = [...LAYERS].reverse().map((name) => [escaped(word(`layer.${name}`)), this.groups[name]]);
      const layers = L.control.layers(null, Object.fromEntries(named), {collapsed: NARROW.matches}).addTo(map);
      layers.getContainer().querySelector("a").setAttribute("aria-label", word("layers"));
      layers.getContainer().querySelector("a").title = word("layers");
      this.legend().addTo(map);
    }

    clusterIcon(cluster) {
      const many = cluster.getChildCount();
      const shown = element("div", "mark cluster", element("span", "figure", this.wording.number(many)));
      shown.title = this.wording.word("cluster", {n: many});
      return L.divIcon({html: shown, className: "", iconSize: [44, 44]});
    }

    legend() {
      const box = legend(this.wording);
      const control = L.control({position: NARROW.matches ? "bottomleft" : "bottomright"});
      control.onAdd = () => {
        L.DomEvent.disableClickPropagation(box);
        L.DomEvent.disableScrollPropagation(box);
        return box;
      };
      return control;
    }

    say(state) {
      this.pill.className = `pill ${state}${this.pill.classList.contains("drill") ? " drill" : ""}`;
      const text = this.wording.word(`state.${state}`);
      if (this.saying.textContent !== text) this.saying.textContent = text;
    }

    tellTime() {
      const text = this.wording.moment(this.wording.now());
      if (this.time.textContent !== text) this.time.textContent = text;
    }
  }

  caravan.live = (map, options) => new LiveMap(map, options);
})();
