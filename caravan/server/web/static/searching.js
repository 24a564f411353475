// A search under way: its page is asked again every second, and left once there is something to see. Without this the page
// asks for itself.
"use strict";

(() => {
  const EVERY_MS = 1000;
  const box = document.getElementById("busqueda");
  if (!box?.dataset.running) return;

  async function look() {
    const response = await fetch(location.href, {headers: {accept: "text/html"}}).catch(() => null);
    if (!response?.ok || response.redirected) return location.reload();
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const fresh = page.getElementById("busqueda");
    if (!fresh) return location.reload();
    if (fresh.dataset.goes) return location.replace(fresh.dataset.goes);
    const focused = document.activeElement?.matches("#busqueda button");
    if (!focused || !fresh.dataset.running) box.replaceChildren(...fresh.childNodes);
    else box.querySelector("[role=status]")?.replaceChildren(...(fresh.querySelector("[role=status]")?.childNodes ?? []));
    document.querySelector("h1").textContent = page.querySelector("h1").textContent;
    if (fresh.dataset.running) setTimeout(look, EVERY_MS);
  }

  setTimeout(look, EVERY_MS);
})();
