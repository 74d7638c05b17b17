// What a page can do that paper cannot: search, sort, and set single heaps apart. The page is complete without it.
"use strict";
(() => {
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  document.documentElement.classList.add("js");

  // A table's rows, sorted by what stands in a cell: its data-value if it has one, else its text. Rows without a
  // value come last in both directions.
  const key = (row, column) => {
    const cell = row.cells[column];
    if (!cell) return null;
    if (cell.dataset.value !== undefined) return isNaN(cell.dataset.value) ? null : Number(cell.dataset.value);
    const text = cell.textContent.trim();
    if (text === "" || text === "\u2014") return null;
    const number = Number(text.replace(/[\s\u202f\u00a0]/g, "").replace("\u2212", "-"));
    return isNaN(number) ? text : number;
  };
  const compare = (a, b) =>
    typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), "en", { numeric: true });
  for (const table of all("table.sortable")) {
    const heads = all("thead th", table);
    heads.forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "sort";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const direction = head.getAttribute("aria-sort") === "ascending" ? "descending" : "ascending";
        for (const other of heads) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", direction);
        const sign = direction === "ascending" ? 1 : -1;
        const rows = [...table.tBodies[0].rows].map((row) => [key(row, column), row]);
        rows.sort(([a], [b]) => (a === null || b === null ? (a === null) - (b === null) : sign * compare(a, b)));
        table.tBodies[0].append(...rows.map(([, row]) => row));
      });
    });
  }

  // Search: every word has to be somewhere in a row, or in the name of a workload or of a heap that it ran on.
  const box = document.querySelector("#search input");
  const count = document.querySelector("#search output");
  const names = new Map();
  for (const row of all("table.overview tbody tr")) names.set(row.dataset.heap, row.cells[0].textContent.toLowerCase());
  const rows = all("main > section > .card tbody tr, main > section > .card.after tbody tr").map((row) => {
    const heaps = all("td[data-heap]:not(.soft)", row).map((cell) => names.get(cell.dataset.heap));
    return [row, (row.textContent + " " + heaps.join(" ")).toLowerCase()];
  });
  const workloads = all("details.workload").map((part) => {
    const heaps = new Set(all("[data-heap]", part).map((mark) => names.get(mark.dataset.heap)));
    return [part, (part.querySelector("summary").textContent + " " + [...heaps].join(" ")).toLowerCase()];
  });
  const search = () => {
    const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const [element, text] of rows.concat(workloads)) {
      element.hidden = !words.every((word) => text.includes(word));
      shown += !element.hidden;
    }
    for (const group of all(".group")) group.hidden = !group.querySelector("details.workload:not([hidden])");
    count.textContent = words.length === 0 ? "" : shown === 0 ? "nothing found" : shown === 1 ? "1 row" : `${shown} rows`;
  };
  box.addEventListener("input", search);
  addEventListener("keydown", (event) => {
    if (event.key === "/" && !/^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) {
      event.preventDefault();
      box.focus();
    } else if (event.key === "Escape" && event.target === box) {
      box.value = "";
      search();
    }
  });
  if (box.value) search();

  // A heap set apart: chosen in the bar above the workloads; the others step back everywhere.
  const chosen = new Set();
  const bar = document.createElement("div");
  bar.className = "heaps";
  bar.setAttribute("role", "group");
  bar.setAttribute("aria-label", "Set heaps apart");
  const marks = all("main [data-heap]");
  const setApart = () => {
    for (const mark of marks) mark.classList.toggle("aside", chosen.size > 0 && !chosen.has(mark.dataset.heap));
  };
  for (const row of all("table.overview tbody tr")) {
    const button = document.createElement("button");
    button.type = "button";
    button.setAttribute("aria-pressed", "false");
    button.append(...[...row.cells[0].childNodes].map((node) => node.cloneNode(true)));
    button.addEventListener("click", () => {
      const heap = row.dataset.heap;
      if (!chosen.delete(heap)) chosen.add(heap);
      button.setAttribute("aria-pressed", String(chosen.has(heap)));
      setApart();
    });
    bar.append(button);
  }
  const title = document.querySelector("#benchmarks");
  if (title && names.size > 1) title.parentElement.querySelector(".lead").after(bar);

  // Details of a workload, all at once or by a link that leads into them.
  if (workloads.length > 1) {
    for (const [words, open] of [["Open all", true], ["Close all", false]]) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "plain";
      button.textContent = words;
      button.addEventListener("click", () => { for (const [part] of workloads) part.open = open; });
      bar.append(button);
    }
  }
  const openTarget = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const part = target && target.closest("details");
    if (!part) return;
    part.open = true;
    target.scrollIntoView();
  };
  addEventListener("hashchange", openTarget);
  openTarget();
})();
