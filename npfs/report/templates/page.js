"use strict";
// Without this all is there, whole and in order: values under the pointer, choices of what figures
// show, sorting and filtering of the table of every case. The choices are kept in the address.

const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const address = location.hash.includes("=") ? location.hash.slice(1) : ""; // else it is an anchor
const state = new URLSearchParams(address);
const keep = (name, values) => {
  state.delete(name);
  for (const value of values) state.append(name, value);
  history.replaceState(null, "", `${location.href.split("#")[0]}${`${state}` && `#${state}`}`);
};

// The value of a point, under the pointer or by the arrow keys.
const tip = document.getElementById("tip");
const show = (point) => {
  all(".tip.on").forEach((other) => other.classList.remove("on"));
  tip.hidden = !point;
  if (!point) return;
  point.classList.add("on");
  tip.textContent = point.dataset.tip;
  const box = point.getBoundingClientRect();
  const above = box.top - tip.offsetHeight - 8;
  tip.style.left = `${Math.max(4, Math.min(box.left + 12, innerWidth - tip.offsetWidth - 4))}px`;
  tip.style.top = `${above < 4 ? box.bottom + 8 : above}px`;
};
addEventListener("scroll", () => show(document.querySelector(".tip.on")), { passive: true });
for (const svg of all("figure svg")) {
  const points = () => all(".tip", svg).filter((point) => point.getClientRects().length);
  for (const point of all(".tip", svg)) {
    const title = point.querySelector("title"); // which a browser would show as well
    point.dataset.tip = title.textContent;
    title.remove();
  }
  if (!all(".tip", svg).length) continue;
  svg.tabIndex = 0;
  let at = -1;
  svg.addEventListener("pointerover", (event) => show(event.target.closest(".tip")));
  svg.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && show(null));
  svg.addEventListener("blur", () => show(null));
  svg.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (event.key === "Escape") show(null);
    const count = points().length;
    if (!step || !count) return;
    event.preventDefault();
    at = at < 0 && step < 0 ? count - 1 : (at + step + count) % count;
    show(points()[at]);
  });
}

// Backends on and off, and the baseline of the speedup.
const backends = document.getElementById("backends");
if (backends) {
  const off = new Set(state.getAll("off"));
  const draw = () => {
    for (const shape of all("[data-of]")) shape.style.display = off.has(shape.dataset.of) ? "none" : "";
  };
  for (const box of all("input", backends)) {
    box.checked = !off.has(box.value);
    box.addEventListener("change", () => {
      if (box.checked) off.delete(box.value);
      else off.add(box.value);
      keep("off", off);
      draw();
    });
  }
  const radios = all("#baseline input");
  const choose = (value) => {
    for (const radio of radios) {
      radio.checked = radio.value === value;
      document.getElementById(`figure-${radio.value}`).hidden = !radio.checked;
    }
  };
  for (const radio of radios) {
    radio.addEventListener("change", () => {
      keep("baseline", radio === radios[0] ? [] : [radio.value]);
      choose(radio.value);
    });
  }
  backends.parentElement.hidden = false;
  draw();
  choose(radios.some((radio) => radio.value === state.get("baseline")) ? state.get("baseline") : "speedup");
}

const table = document.getElementById("cases");
if (table) {
  const rows = [...table.tBodies[0].rows];
  const heads = [...table.tHead.rows[0].cells];
  const [search, backend, shown] = ["search", "backend", "shown"].map((id) => document.getElementById(id));
  const column = heads.findIndex((head) => head.textContent.toLowerCase() === "backend");
  let sorted = "";
  const key = (row, index) => {
    const { number, text } = row.cells[index].dataset;
    return number === undefined ? text : Number(number);
  };
  // What has no key comes last in both directions; numbers come before words.
  const compare = (a, b, direction) => {
    if (a === undefined || b === undefined) return (a === undefined) - (b === undefined);
    if (typeof a !== typeof b) return typeof a === "number" ? -1 : 1;
    const order = typeof a === "number" ? a - b || 0 : a.localeCompare(b, "en", { numeric: true });
    return direction * order;
  };
  const say = () => {
    shown.textContent = `${rows.filter((row) => !row.hidden).length} of ${rows.length} cases shown${sorted}`;
  };
  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      const chosen = !backend?.value || row.cells[column].textContent === backend.value;
      row.hidden = !(chosen && words.every((word) => text.includes(word)));
    }
    say();
  };
  const sort = (index) => {
    const head = heads[index];
    const direction = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
    for (const other of heads) other.removeAttribute("aria-sort");
    const name = direction === 1 ? "ascending" : "descending";
    head.setAttribute("aria-sort", name);
    table.classList.add("sorted");
    table.tBodies[0].append(...rows.sort((a, b) => compare(key(a, index), key(b, index), direction)));
    sorted = `, by ${head.textContent}, ${name}`;
    say();
  };
  heads.forEach((head, index) => {
    if (!("sortable" in head.dataset)) return;
    const button = Object.assign(document.createElement("button"), { type: "button" });
    button.append(...head.childNodes);
    button.addEventListener("click", () => sort(index));
    head.append(button);
  });
  search.addEventListener("input", filter);
  backend?.addEventListener("change", filter);
  search.closest(".controls").hidden = false;
  filter(); // a browser may have kept what was typed before
}

// What does not scroll is no stop for the Tab key.
const stops = () => {
  for (const region of all(".scroll")) {
    const scrolls = region.scrollWidth > region.clientWidth || region.scrollHeight > region.clientHeight;
    if (scrolls) region.tabIndex = 0;
    else region.removeAttribute("tabindex");
  }
};
addEventListener("resize", stops);
addEventListener("load", stops);
for (const details of all("details")) details.addEventListener("toggle", stops);
