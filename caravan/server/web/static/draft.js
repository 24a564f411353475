// Comfort for writing a protocol and for trying it on the past; both pages work without it. The checker is the server's own:
// what it finds is put beside the line it speaks of, and read out when it changes.
"use strict";

(() => {
  const PAUSE_MS = 600;
  const editor = document.querySelector("[data-editor]");
  if (editor) write(editor);
  const all = document.querySelector("[data-rehearse]");
  if (all) rehearse(all);

  function write(editor) {
    const text = editor.querySelector("textarea");
    const numbers = editor.querySelector(".numbers");
    const remarks = editor.querySelector(".remarks");
    const state = document.getElementById("estado");
    const first = document.querySelector("[data-first]");
    const changes = document.querySelector("[data-changes]");
    const wide = matchMedia("(min-width: 60.01rem)");
    let found = [...remarks.children].map((item) => ({line: Number(item.dataset.line), kind: item.className, item}));
    const form = text.form;
    const note = form.elements.note;
    const replaces = form.elements.replaces;
    const shown = document.querySelector("[data-saved]");  // the page came back with the typed text: this is the saved one
    const saved = {text: shown?.textContent ?? text.defaultValue, note: note?.defaultValue, replaces: replaces?.value};
    // The text that was typed over, by its fingerprint: words kept on this device may be older than what is saved now.
    const BASE = `caravan:draft:${document.documentElement.dataset.person}:${form.dataset.draft}:replaces`;
    let asked = 0;
    let timer = 0;

    const unsaved = () => text.value !== saved.text || (note && note.value !== saved.note);

    // What is proposed, approved and rehearsed is the saved text: never while another one is on the page.
    function gate() {
      const open = unsaved();
      for (const one of document.querySelectorAll("[data-unsaved]")) one.hidden = !open;
      for (const one of document.querySelectorAll("[data-needs-saved]")) {
        if (one.tagName === "BUTTON") { one.disabled = open; continue; }
        one.dataset.needsSaved ||= one.getAttribute("href") ?? "";
        if (!open && one.dataset.needsSaved) { one.href = one.dataset.needsSaved; one.removeAttribute("aria-disabled"); }
        if (open) { one.removeAttribute("href"); one.setAttribute("aria-disabled", "true"); }
      }
      if (!replaces) return;
      try {
        if (!open) localStorage.removeItem(BASE);
        else if (!localStorage.getItem(BASE)) localStorage.setItem(BASE, replaces.value);
      } catch { /* nothing is kept here */ }
    }

    function recover() {
      const line = document.querySelector("[data-restored]");
      if (replaces && shown) {
        try { localStorage.setItem(BASE, replaces.value); } catch { /* nothing is kept here */ }
      } else if (unsaved()) {
        line.hidden = false;
        try { if (replaces) replaces.value = localStorage.getItem(BASE) ?? replaces.value; } catch { /* as the page says */ }
      }
      line.querySelector("[data-discard]").addEventListener("click", () => {
        text.value = saved.text;
        if (note) note.value = saved.note;
        if (replaces) replaces.value = saved.replaces;
        line.hidden = true;
        text.dispatchEvent(new Event("input", {bubbles: true}));
        text.focus();
      });
    }

    const lineHeight = () => parseFloat(getComputedStyle(text).lineHeight);
    const topOf = (line) => parseFloat(getComputedStyle(text).paddingTop) + (line - 1) * lineHeight();

    function number() {
      const lines = text.value.split("\n").length;
      while (numbers.children.length > lines) numbers.lastElementChild.remove();
      for (let n = numbers.children.length + 1; n <= lines; n++) {
        const line = document.createElement("div");
        line.textContent = String(n);
        numbers.append(line);
      }
    }

    // On a desk each remark stands at the height of its line, below the one before; on a phone they are a list.
    function place() {
      for (const line of numbers.children) line.className = "";
      for (const {line, kind} of found) {
        const number = numbers.children[line - 1];
        if (number && number.className !== "problem") number.className = kind;
      }
      editor.classList.toggle("remarked", found.length > 0);
      remarks.classList.toggle("placed", wide.matches && found.length > 0);
      let below = 4;
      for (const {line, item} of [...found].sort((a, b) => a.line - b.line)) {
        if (!wide.matches) { item.style.removeProperty("top"); continue; }
        const top = Math.max(below, line ? topOf(line) : 4);
        item.style.top = `${top}px`;
        below = top + item.offsetHeight + 4;
      }
      remarks.style.setProperty("--tall", `${Math.max(below, text.scrollHeight)}px`);
      first.hidden = !found.some(({line}) => line);
      follow(text);
    }

    // The three columns scroll as one, whichever of them is moved: a remark that gets the focus brings its line along.
    function follow(leader) {
      const top = leader.scrollTop;
      for (const one of wide.matches ? [text, remarks, numbers] : leader === remarks ? [] : [text, numbers]) {
        if (Math.abs(one.scrollTop - top) > 1) one.scrollTop = top;
      }
    }

    function show(answer) {
      found = answer.remarks.map((one) => {
        const item = document.createElement("li");
        item.className = one.kind;
        item.dataset.line = one.file ? 0 : one.line;
        const go = document.createElement("button");
        go.type = "button";
        const place = one.kind === "problem" ? `${one.line}:${one.column}` : String(one.line);
        const told = one.line ? remarks.dataset.at.replace("{n}", place) : "";
        go.textContent = one.file ? `${one.file} · ${told}` : told;
        item.append(go, ` ${one.message}`);
        return {line: one.file ? 0 : one.line, kind: one.kind, item};
      });
      remarks.replaceChildren(...found.map(({item}) => item));
      const told = found.length ? state.dataset.some.replace("{n}", found.length) : state.dataset.none;
      if (state.textContent !== told) state.textContent = told;
      place();
      tell(answer);
    }

    function tell(answer) {
      const told = [];
      for (const [title, sentences] of answer.changes ?? []) {
        const heading = document.createElement("h3");
        heading.textContent = title;
        const list = document.createElement("ul");
        list.append(...sentences.map((said) => Object.assign(document.createElement("li"), {textContent: said})));
        told.push(heading, list);
      }
      if (!told.length) {
        changes.replaceChildren(Object.assign(document.createElement("p"), {className: "empty", textContent: answer.sound ? changes.dataset.same : changes.dataset.unsound}));
        return;
      }
      const spanish = document.createElement("div");
      spanish.lang = "es";
      spanish.append(...told);
      changes.replaceChildren(spanish);
    }

    async function check() {
      const mine = ++asked;
      try {
        const answer = await fetch("/api/v1/protocols/check", {
          method: "POST", headers: {"content-type": "application/json"}, body: JSON.stringify({text: text.value || " "}),
        });
        if (!answer.ok) throw new Error(String(answer.status));
        const content = await answer.json();
        if (mine === asked) show(content);
      } catch {
        if (mine === asked) state.textContent = state.dataset.away;
      }
    }

    function later() {
      number();
      place();
      clearTimeout(timer);
      timer = setTimeout(check, PAUSE_MS);
    }

    function go(line) {
      const lines = text.value.split("\n");
      const start = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
      text.focus();
      text.setSelectionRange(start, start + (lines[line - 1] ?? "").length);
      text.scrollTop = Math.max(0, topOf(line) - text.clientHeight / 3);
      follow(text);
      for (const one of found) one.item.classList.toggle("here", one.line === line);
    }

    remarks.addEventListener("click", (event) => {
      const item = event.target.closest("button")?.closest("li");
      if (item && Number(item.dataset.line)) go(Number(item.dataset.line));
    });
    text.addEventListener("input", later);
    form.addEventListener("input", gate);
    editor.closest("details")?.addEventListener("toggle", place);
    text.addEventListener("scroll", () => follow(text));
    remarks.addEventListener("scroll", () => follow(remarks));
    first.addEventListener("click", () => go(Math.min(...found.map(({line}) => line).filter(Boolean))));
    wide.addEventListener("change", place);
    addEventListener("resize", place);
    addEventListener("pageshow", ({persisted}) => { if (persisted) gate(); });  // the browser's «back» wakes every button

    const upload = document.querySelector(".upload");
    if (upload) {
      upload.hidden = false;
      upload.querySelector("input").addEventListener("change", async (event) => {
        const [file] = event.target.files;
        if (!file) return;
        text.value = await file.text();
        text.dispatchEvent(new Event("input", {bubbles: true}));
      });
    }
    number();
    place();
    // What was typed before and kept on this device may stand here by now.
    recover();
    gate();
    if (text.value !== saved.text) later();
  }

  function rehearse(all) {
    const progress = document.querySelector(".progress");
    const bar = progress.querySelector("progress");
    const said = progress.querySelector("[data-done]");
    all.hidden = false;
    all.addEventListener("click", async () => {
      all.disabled = true;
      progress.hidden = false;
      const pasts = [...document.querySelectorAll("[data-past]")];
      for (const [done, past] of pasts.entries()) {
        try {
          const answer = await fetch(`?activacion=${encodeURIComponent(past.dataset.past)}`, {headers: {accept: "text/html"}});
          const page = new DOMParser().parseFromString(await answer.text(), "text/html");
          const told = [...page.querySelectorAll("[data-past]")].find((one) => one.dataset.past === past.dataset.past);
          if (told) past.querySelector(".told").replaceChildren(...told.querySelector(".told").childNodes);
        } catch { /* its link is still there */ }
        bar.value = done + 1;
        said.textContent = said.dataset.done.replace("{n}", done + 1).replace("{all}", pasts.length);
      }
      all.disabled = false;
    });
  }
})();
