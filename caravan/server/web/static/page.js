// Comfort for every page; each works without it. Pages that show live figures (data-live) freshen their <main> when
// something changed, forms keep what was typed when the signal fails (data-draft), and the drill's clock walks.
"use strict";

(() => {
  const root = document.documentElement;
  const main = document.getElementById("contenido");
  const EVERY_MS = 60_000;
  const SETTLE_MS = 700;

  // --- the clock of a drill: the server's hour when the page was made, and its pace

  const started = Date.now();
  const served = Date.parse(root.dataset.now);
  const rate = Number(root.dataset.rate ?? 1);
  const face = document.querySelector("[data-clock]");
  const hour = new Intl.DateTimeFormat(root.lang === "en" ? "en-GB" : "es-MX", {
    weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: "America/Mexico_City",
  });
  if (face && rate > 0) {
    setInterval(() => {
      const told = Object.fromEntries(hour.formatToParts(served + (Date.now() - started) * rate).map(({type, value}) => [type, value]));
      face.textContent = `${told.weekday} ${told.day} ${told.month}, ${told.hour}:${told.minute}`;
    }, 1000);
  }

  // --- drafts: typed words stay on this device until the server has them

  const PREFIX = "caravan:draft:";
  const SENT = "caravan:sent";
  const MINE = `${PREFIX}${root.dataset.person}:`;  // the account, not the session: one that ran out loses nothing
  const keyOf = (form) => MINE + form.dataset.draft;
  const typed = (form) => [...form.elements].filter((e) => e.name && e.type !== "hidden" && e.type !== "submit");
  const changed = (e) => (e.type === "checkbox" || e.type === "radio" ? e.checked !== e.defaultChecked
    : e.tagName === "SELECT" ? [...e.options].some((o) => o.selected !== o.defaultSelected) && e.selectedIndex !== firstIndex(e)
      : e.value !== e.defaultValue);
  const firstIndex = (select) => Math.max(0, [...select.options].findIndex((o) => o.defaultSelected));
  const dirty = (form) => typed(form).some(changed);

  // Words that may have to be erased some day (data-forget) are kept nowhere but in the box itself.
  function keep(form) {
    const lasting = typed(form).filter((e) => !("forget" in e.dataset));
    if (!lasting.some(changed)) return drop(keyOf(form));
    const values = lasting.map((e) => [e.name, e.type === "checkbox" ? e.value : null, e.type === "checkbox" ? e.checked : e.value]);
    return store(keyOf(form), JSON.stringify({values, id: form.elements.request_id?.value}));
  }

  function store(key, text) { try { localStorage.setItem(key, text); } catch { /* no room or not allowed: the form still works */ } }
  function drop(key) { try { localStorage.removeItem(key); } catch { /* nothing was kept */ } }
  function kept(key) { try { return JSON.parse(localStorage.getItem(key)); } catch { return null; } }

  // A form that came back with mistakes already holds what was typed.
  function restore(form) {
    const draft = kept(keyOf(form));
    if (!draft || form.querySelector(".is-wrong")) return;
    const rows = form.querySelector("[data-rows]");
    const last = Math.max(-1, ...draft.values.map(([name]) => Number(/^households\.(\d+)\./.exec(name)?.[1] ?? -1)));
    while (rows && rows.children.length <= last) addRow(rows);
    for (const [name, value, now] of draft.values) {
      for (const e of form.elements) {
        if (e.name !== name || e.type === "hidden") continue;
        if (value === null) e.value = now;
        else if (e.value === value) e.checked = now;
      }
    }
    if (draft.id && form.elements.request_id) form.elements.request_id.value = draft.id;
    for (let box = form.closest("details"); box; box = box.parentElement.closest("details")) box.open = true;
    for (const e of typed(form)) if (changed(e)) e.closest("details")?.setAttribute("open", "");
    form.dispatchEvent(new Event("input", {bubbles: true}));
  }

  addEventListener("input", ({target}) => { const form = target.closest?.("form[data-draft]"); if (form) keep(form); });

  // One sending at a time; without signal nothing leaves and nothing is lost.
  addEventListener("submit", (event) => {
    const form = event.target;
    // A box may be called «method»: the attribute is what the form itself says.
    if (form.getAttribute("method") !== "post" || !form.dataset.draft) return;
    if (form.dataset.sending) { event.preventDefault(); return; }
    if (!navigator.onLine) {
      event.preventDefault();
      say(form, form.dataset.offline ?? TEXT.offline);
      return;
    }
    form.dataset.sending = "1";
    try { sessionStorage.setItem(SENT, keyOf(form)); } catch { /* the draft is kept a little longer */ }
    for (const button of form.querySelectorAll("button")) setTimeout(() => { button.disabled = true; });
  });
  addEventListener("pageshow", ({persisted}) => {
    if (!persisted) return;
    for (const form of document.forms) { delete form.dataset.sending; for (const b of form.querySelectorAll("button")) b.disabled = false; }
  });

  const TEXT = {offline: main.dataset.offline, news: main.dataset.news, row: main.dataset.row};

  function say(form, text) {
    let line = form.querySelector(".wrong.signal");
    if (!line) { line = document.createElement("p"); line.className = "wrong signal"; line.setAttribute("role", "alert"); form.append(line); }
    line.textContent = `✗ ${text}`;
    line.scrollIntoView({block: "nearest"});
  }

  // --- rows that can be added, and a sum while typing

  function addRow(rows) {
    const at = rows.children.length;
    const row = rows.lastElementChild.cloneNode(true);
    for (const e of row.querySelectorAll("[name], [id], [for], [aria-describedby]")) {
      for (const name of ["name", "id", "for", "aria-describedby"]) {
        const now = e.getAttribute(name);
        if (now) e.setAttribute(name, now.replaceAll(`households.${at - 1}.`, `households.${at}.`));
      }
    }
    for (const e of row.querySelectorAll("input")) {
      if (e.type === "checkbox") e.checked = false;
      else e.value = /\.count$/.test(e.name) ? "1" : "";
    }
    row.querySelector("[data-number]").textContent = at + 1;
    rows.append(row);
    return row;
  }

  function dressRows(rows) {
    const button = document.createElement("button");
    button.type = "button"; button.className = "secondary"; button.textContent = TEXT.row;
    button.addEventListener("click", () => addRow(rows).querySelector("input").focus());
    rows.after(button);
  }

  function dressSum(box) {
    const line = box.querySelector("[data-sum-text]");
    const form = box.closest("form");
    const tell = () => {
      const cells = [...box.querySelectorAll("input")].filter((e) => e.value !== "");
      const sum = cells.reduce((total, e) => total + Number(e.value), 0);
      const whole = Number(form.elements[box.dataset.sumOf]?.value || 0);
      line.textContent = cells.length ? `${line.dataset.sumText} ${sum}${whole ? ` / ${whole}` : ""}${whole && sum > whole ? " ✗" : ""}` : "";
      line.classList.toggle("over", whole > 0 && sum > whole);
    };
    form.addEventListener("input", tell);
    tell();
  }

  function dress(place) {
    for (const rows of place.querySelectorAll("[data-rows]")) dressRows(rows);
    for (const form of place.querySelectorAll("form[data-draft]")) restore(form);
    for (const box of place.querySelectorAll("[data-sum]")) dressSum(box);
  }

  function forget(whose) {
    try {
      for (const key of Object.keys(localStorage)) if (key.startsWith(PREFIX) && whose(key)) localStorage.removeItem(key);
    } catch { /* nothing is kept here */ }
  }

  // What somebody else left on a shared device goes when the next one signs in, and one's own when one signs out.
  if (root.dataset.person) forget((key) => !key.startsWith(MINE));
  addEventListener("submit", ({target}) => {
    if (target.getAttribute("action") === "/salir" && navigator.onLine) forget((key) => key.startsWith(MINE));
  });
  const sent = (() => { try { return sessionStorage.getItem(SENT); } catch { return null; } })();
  if (sent && document.querySelector(".said.good")) drop(sent);
  if (sent) try { sessionStorage.removeItem(SENT); } catch { /* gone with the tab */ }
  dress(document);
  const wrong = main.querySelector("[aria-invalid], .wrong");
  if (wrong) {
    for (let box = wrong.closest("details"); box; box = box.parentElement.closest("details")) box.open = true;
    if (wrong.matches("p")) wrong.tabIndex = -1;
    wrong.focus();
  }

  // --- a drawing opens on what is late, or else on where it stands

  for (const frame of main.querySelectorAll(".sketch")) {
    const box = [".d-state.d-late", ".d-late", ".d-state.d-now", ".d-now"].map((kind) => frame.querySelector(`svg ${kind}`)).find(Boolean);
    if (!box) continue;
    const [around, at] = [frame.getBoundingClientRect(), box.getBoundingClientRect()];
    if (at.bottom > around.bottom || at.right > around.right)
      frame.scrollBy(at.left + at.width / 2 - around.left - around.width / 2, at.top + at.height / 2 - around.top - around.height / 2);
  }

  // --- live figures

  const live = main.querySelector("[data-live]");
  if (!live || document.querySelector(".said.bad")) return;
  let timer = null;
  let pending = false;

  const busy = () => [...main.querySelectorAll("form[data-draft]")].some(dirty)
    || (main.contains(document.activeElement) && document.activeElement.matches("input, select, textarea"));
  const mark = (e) => e.id || (e.matches("details") ? e.querySelector("form")?.dataset.draft ?? e.querySelector("summary")?.textContent : null);

  async function freshen() {
    pending = false;
    const response = await fetch(location.href, {headers: {accept: "text/html"}}).catch(() => null);
    if (!response?.ok || response.redirected) return;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const fresh = page.getElementById("contenido");
    if (!fresh || busy()) return;
    const open = new Set([...main.querySelectorAll("details[open]")].map(mark));
    const focused = document.activeElement?.id;
    const scrolled = [...main.querySelectorAll(".sketch")].map((e) => [e.scrollLeft, e.scrollTop]);
    main.replaceChildren(...fresh.childNodes);
    main.querySelectorAll(".sketch").forEach((e, n) => e.scrollTo(...(scrolled[n] ?? [0, 0])));
    for (const box of main.querySelectorAll("details")) if (open.has(mark(box))) box.open = true;
    dress(main);
    if (focused) document.getElementById(focused)?.focus({preventScroll: true});
    document.querySelector(".freshen")?.remove();
  }

  function news() {
    clearTimeout(timer);
    timer = setTimeout(() => (busy() ? offer() : freshen()), SETTLE_MS);
  }

  function offer() {
    if (pending) return;
    pending = true;
    const button = document.createElement("button");
    button.type = "button"; button.className = "freshen"; button.textContent = `↻ ${TEXT.news}`;
    button.addEventListener("click", () => location.reload());
    document.body.append(button);
  }

  self.caravan?.onChange(news);
  setInterval(() => { if (document.visibilityState === "visible" && !busy()) freshen(); },
    Math.max(5_000, EVERY_MS / Math.max(1, rate)));  // in a drill ages grow as fast as its clock
})();
