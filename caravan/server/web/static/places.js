// Comfort for the pages of shelters, kitchens and the map. Without it every form works by its number boxes and buttons.
"use strict";

document.documentElement.classList.add("scripted");

document.addEventListener("click", ({target}) => {
  const button = target instanceof Element ? target.closest("button[data-step]") : null;
  const box = button?.parentElement.querySelector("input[type=number]");
  if (!box) return;
  const least = Number(box.min || 0);
  box.value = Math.max(least, Number(box.value || 0) + Number(button.dataset.step));
  box.dispatchEvent(new Event("input", {bubbles: true}));
});

function counted(target) {
  const form = target.closest?.("form.counts");
  if (!form) return;
  form.classList.add("changed");
  const more = form.querySelector("[data-more]");
  if (!more || !target.dataset.expected) return;
  const beyond = Number(target.value) - Number(target.dataset.expected);
  more.hidden = beyond <= 0;
  more.textContent = more.dataset.more.replace("{n}", beyond);
}

document.addEventListener("input", ({target}) => counted(target));
// page.js has already put back what was typed before the signal failed.
for (const box of document.querySelectorAll("form.counts input[type=number]")) if (box.value !== box.defaultValue) counted(box);

// Where the map is, a tap on it fills the open form of a place's true point.
if (self.L) {
  L.Map.addInitHook(function pick() {
    this.on("click", ({latlng}) => {
      const form = document.querySelector("#punto[open] form");
      if (!form) return;
      for (const [name, degrees] of [["lat", latlng.lat], ["lon", latlng.lng]]) {
        form.elements[name].value = degrees.toFixed(5);
        form.elements[name].dispatchEvent(new Event("input", {bubbles: true}));
      }
    });
  });
}

// The page of the map freshens only its lists: the map itself is drawn from the stream.
const lists = document.querySelector("[data-refresh]");

async function freshenLists() {
  const response = await fetch(location.href, {headers: {accept: "text/html"}}).catch(() => null);
  if (!response?.ok || response.redirected) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const focused = document.activeElement?.getAttribute("href");
  lists.replaceChildren(...page.getElementById(lists.id).childNodes);
  if (focused) lists.querySelector(`a[href="${focused}"]`)?.focus({preventScroll: true});
}

if (lists) {
  let soon = null;
  self.caravan?.onChange(() => {
    clearTimeout(soon);
    soon = setTimeout(freshenLists, 700);
  });
  // Ages grow while nothing changes; in a drill they grow as fast as its clock.
  const rate = Math.max(1, Number(document.documentElement.dataset.rate ?? 1));
  setInterval(() => { if (document.visibilityState === "visible") freshenLists(); }, Math.max(5_000, 60_000 / rate));
}
