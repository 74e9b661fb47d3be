"use strict";
// Sorting and filtering of the table of every case. Without this the table is there, whole and in order.

const table = document.getElementById("cases");
if (table) {
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const heads = [...table.tHead.rows[0].cells];
  const search = document.getElementById("search");
  const backend = document.getElementById("backend");
  const shown = document.getElementById("shown");
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
    const visible = rows.filter((row) => !row.hidden).length;
    shown.textContent = `${visible} of ${rows.length} cases shown${sorted}`;
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
    body.append(...rows.sort((a, b) => compare(key(a, index), key(b, index), direction)));
    sorted = `, by ${head.textContent}, ${name}`;
    say();
  };

  heads.forEach((head, index) => {
    if (!("sortable" in head.dataset)) return;
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    button.addEventListener("click", () => sort(index));
    head.append(button);
  });
  search.addEventListener("input", filter);
  backend?.addEventListener("change", filter);
  document.querySelector(".controls").hidden = false;
  filter(); // a browser may have kept what was typed before
}

// What does not scroll is no stop for the Tab key.
const stops = () => {
  for (const region of document.querySelectorAll(".scroll")) {
    const scrolls = region.scrollWidth > region.clientWidth || region.scrollHeight > region.clientHeight;
    if (scrolls) region.tabIndex = 0;
    else region.removeAttribute("tabindex");
  }
};
addEventListener("resize", stops);
addEventListener("load", stops);
