// How the picture is worded and what its marks, popups and legend look like. All text is written with textContent;
// all words come from the page. The features' properties are those of caravan/maps/layers.py.
"use strict";

(() => {
  const HOUR = 3_600_000;
  const SHELTER_STATUS = ["open", "full", "over", "unknown", "closed"];
  const LINE_STYLES = {
    held: {weight: 4, opacity: 1, dashArray: "3 9"},
    accepted: {weight: 4, opacity: 1, dashArray: null},
    arrived: {weight: 2, opacity: 0.7, dashArray: null},
  };
  const GLYPHS = {
    stations: "M5 3h14a2 2 0 0 1 2 2v12h-2v3h-3v-3H8v3H5v-3H3V5a2 2 0 0 1 2-2z"
      + "m0 3v5h6V6zm8 0v5h6V6zM6 13v2h2v-2zm10 0v2h2v-2z",
    kitchens: "M6 2v6a3 3 0 0 0 2 2.8V22h2V10.8A3 3 0 0 0 12 8V2h-1.6v6H9.8V2H8.2v6H7.6V2zm9 0v20h2v-8h2V6c0-2.4-1.6-4-4-4z",
    agencies: "M4 21V3h2v1h12l-3 4 3 4H6v9z",
  };

  // --- small makers of elements

  function element(tag, className, ...children) {
    const made = document.createElement(tag);
    if (className) made.className = className;
    made.append(...children.filter((child) => child !== null && child !== undefined));
    return made;
  }

  function drawing(box, ...shapes) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", box);
    svg.setAttribute("aria-hidden", "true");
    for (const attributes of shapes) {
      const path = document.createElementNS(svg.namespaceURI, "path");
      for (const [name, value] of Object.entries(attributes)) path.setAttribute(name, value);
      svg.append(path);
    }
    return svg;
  }

  const glyph = (layer) => drawing("0 0 24 24", {d: GLYPHS[layer], "fill-rule": "evenodd"});

  // --- words, numbers and ages in the reader's language

  class Wording {
    constructor({words, language, zone}) {
      this.words = words;
      this.numbers = new Intl.NumberFormat(language);
      this.moments = new Intl.DateTimeFormat(language, {
        timeZone: zone, day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hour12: false,
      });
      this.clock = {now: new Date().toISOString(), rate: 1, received: Date.now()};
    }

    // The page may know more codes than we do; one that nobody worded shows itself rather than nothing.
    word(key, values = {}) {
      const text = this.words[key] ?? key.slice(key.indexOf(".") + 1);
      return text.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);
    }

    number(value) {
      if (typeof value !== "number") return value ?? this.word("unknown");
      return this.numbers.format(value).replace("-", "−");
    }

    codes(prefix, list) {
      return (list ?? []).map((code) => this.word(`${prefix}.${code}`)).join(", ");
    }

    moment(at) {
      return at ? this.moments.format(new Date(at)) : "";
    }

    now() {
      return Date.parse(this.clock.now) + (Date.now() - this.clock.received) * this.clock.rate;
    }

    freshness(at) {
      if (!at) return "unknown";
      const age = this.now() - Date.parse(at);
      if (age <= 6 * HOUR) return "recent";
      return age <= 24 * HOUR ? "aging" : "old";
    }

    age(at) {
      if (!at) return this.word("unknown");
      const minutes = Math.floor((this.now() - Date.parse(at)) / 60_000);
      const ago = minutes < 1 ? this.word("age.now")
        : minutes < 120 ? this.word("age.minutes", {n: minutes})
        : minutes < 2880 ? this.word("age.hours", {n: Math.floor(minutes / 60)})
        : this.word("age.days", {n: Math.floor(minutes / 1440)});
      return `${ago} (${this.moment(at)}) ${this.word(`fresh.${this.freshness(at)}`)}`;
    }
  }

  // --- what a mark looks like: shape by layer; number, sign and outline by state; colour only repeats them

  const peopleOf = (p) => p.people_label ?? p.people;
  const diameter = (p) => Math.min(84, Math.max(30, Math.sqrt(p.people ?? 1) * 6));

  function figure(p, wording) {
    if (p.status === "closed") return "✕";
    if (p.status === "over") return `+${wording.number(p.excess)}`;
    return p.free === null || p.free === undefined ? "?" : wording.number(p.free);
  }

  const FACES = {
    shelters: (p, wording) => [
      element("span", "figure", figure(p, wording)),
      p.status === "full" ? element("span", "sign", "=") : p.status === "over" ? element("span", "sign", "!") : null,
    ],
    groups: (p, wording) => [
      element("span", "figure", wording.number(peopleOf(p))),
      p.waiting ? element("span", "sign", "!") : null,
    ],
    stations: (p) => [glyph("stations"), p.level ? element("span", "sign", "!") : null],
    municipal_totals: (p, wording) => [element("span", "figure", `Σ ${figure(p, wording)}`)],
  };
  const SIZES = {
    shelters: () => [42, 40],
    groups: (p) => [diameter(p), diameter(p)],
    municipal_totals: () => [58, 30],
  };

  function mark(p, wording) {
    const old = p.layer === "shelters" && wording.freshness(p.at) === "old";
    const face = FACES[p.layer]?.(p, wording) ?? [glyph(p.layer)];
    const tag = old ? element("span", "tag", wording.word("old_tag")) : null;
    const shown = element("div", `mark ${p.layer}`, ...face, tag);
    if (p.status) shown.classList.add(p.status);
    shown.classList.toggle("seat", p.precision === "town_seat");
    return shown;
  }

  function iconOf(p, wording) {
    const iconSize = SIZES[p.layer]?.(p) ?? [34, 34];
    return L.divIcon({html: mark(p, wording), className: "", iconSize, popupAnchor: [0, -iconSize[1] / 2]});
  }

  // --- what a popup says: rows of [label, value]; a row without a value is left out

  const known = (value, text) => (value === null || value === undefined || value === "" ? null : text ?? value);

  const ROWS = {
    stations: (p) => [["row.level", p.level?.replace(/^n(?=\d+$)/, "")]],
    shelters: (p, w) => [
      ["row.status", w.word(`status.${p.status}`)], ["row.free", w.number(p.free)], ["row.nominal", w.number(p.nominal)],
      ["row.surge", p.surge ? w.number(p.surge) : null], ["row.occupied", w.number(p.occupied)],
      ["row.held", p.held ? w.number(p.held) : null], ["row.excess", p.excess ? w.number(p.excess) : null],
      ["row.stay_hours", known(p.stay_hours, w.word("hours", {n: p.stay_hours}))],
      ["row.admits", w.codes("admits", p.admits)],
    ],
    kitchens: (p, w) => [
      ["row.status", known(p.status, w.word(`kitchen_status.${p.status}`))],
      ...Object.entries(p.rations ?? {}).map(
        ([service, rations]) => [w.word("row.rations", {service: w.word(`service.${service}`)}), w.number(rations)]),
      ["row.committed", known(p.committed, w.number(p.committed))],
    ],
    groups: (p, w) => [
      ["row.people", w.number(peopleOf(p))],
      ["row.range", known(p.low, w.word("range", {low: w.number(p.low), high: w.number(p.high)}))],
      ["row.waiting", p.waiting ? w.number(p.waiting) : null], ["row.hosted", p.hosted ? w.number(p.hosted) : null],
      ["row.state", known(p.state, w.word(`group_state.${p.state}`))], ["row.needs", w.codes("need", p.needs)],
    ],
    lines: (p, w) => [
      ["row.status", w.word(`status.${p.status}`)], ["row.people", w.number(peopleOf(p))],
      ["row.from", p.from_name], ["row.to", p.to_name], ["row.ends_at", known(p.ends_at, w.moment(p.ends_at))],
    ],
    municipal_totals: (p, w) => [["row.free", w.number(p.free)], ["row.shelters", w.number(p.shelters)]],
    agencies: (p, w) => [["row.role", known(p.role, w.word(`role.${p.role}`))]],
  };

  function sheet(p, w) {
    const own = ROWS[p.layer]?.(p, w) ?? [];
    const rows = [...own.slice(0, 2), ["row.at", known(p.at, w.age(p.at))], ...own.slice(2),
      ["row.place", p.place === p.name ? null : p.place], ["row.source", p.source]];
    const table = element("table", "", ...rows.filter(([, value]) => known(value)).map(([label, value]) => {
      const head = element("th", "", label.startsWith("row.") ? w.word(label) : label);
      head.scope = "row";
      return element("tr", "", head, element("td", "", String(value)));
    }));
    const link = p.url ? element("a", "open", w.word("open")) : null;
    if (link) link.href = p.url;
    return element("div", "sheet", element("p", "kind", w.word(`one.${p.layer}`)), element("h3", "", p.name ?? ""), table,
      p.precision === "town_seat" ? element("p", "approximate", w.word("approximate")) : null, link);
  }

  function label(p, w) {
    const rows = (ROWS[p.layer]?.(p, w) ?? []).filter(([, value]) => known(value)).slice(0, 3);
    const said = rows.map(([head, value]) => `${head.startsWith("row.") ? w.word(head) : head}: ${value}`);
    return [`${w.word(`one.${p.layer}`)}: ${p.name ?? ""}`, ...said].join(". ");
  }

  // --- the legend: [sample, text]

  function legend(w) {
    const line = (status) => element("span", "sample", drawing("0 0 40 10", {
      d: "M2 5h36", class: "line", "stroke-width": LINE_STYLES[status].weight,
      "stroke-dasharray": LINE_STYLES[status].dashArray ?? "none",
    }));
    const sample = (p) => element("span", "sample", mark({at: new Date(w.now()).toISOString(), ...p}, w));
    const shelter = (more) => sample({layer: "shelters", status: "open", free: 12, ...more});
    const figures = {open: {free: 12}, full: {free: 0}, over: {excess: 8}, unknown: {free: null}, closed: {}};
    const entries = [
      ...SHELTER_STATUS.map((status) => [shelter({status, ...figures[status]}),
        `${w.word("one.shelters")}: ${w.word(`status.${status}`)}`]),
      [shelter({at: "2000-01-01T00:00:00Z"}), w.word("legend.old")],
      [shelter({precision: "town_seat"}), w.word("legend.seat")],
      [sample({layer: "stations", level: "1"}), w.word("legend.active")],
      ...["stations", "kitchens", "agencies"].map((layer) => [sample({layer}), w.word(`one.${layer}`)]),
      [sample({layer: "municipal_totals", free: 25}), w.word("legend.total")],
      [sample({layer: "groups", people: 20}), w.word("one.groups")],
      [sample({layer: "groups", people: 20, waiting: 5}), w.word("legend.waiting")],
      ...Object.keys(LINE_STYLES).map((status) => [line(status), `${w.word("one.lines")}: ${w.word(`status.${status}`)}`]),
    ];
    const list = element("ul", "", ...entries.map(([shown, text]) => element("li", "", shown, element("span", "", text))));
    return element("details", "legend", element("summary", "", w.word("legend")),
      element("p", "", w.word("legend.number")), list);
  }

  caravan.marks = {element, Wording, LINE_STYLES, mark, iconOf, sheet, label, legend};
})();
