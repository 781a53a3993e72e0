// Everything by keyboard. Rows are links, so Enter opens the focused one by itself.
(() => {
  const box = document.querySelector("[data-shortcuts]");
  if (!box) return;
  box.checked = localStorage.getItem("shortcuts") !== "off";
  box.addEventListener("change", () => localStorage.setItem("shortcuts", box.checked ? "on" : "off"));

  const step = (by) => {
    const links = [...document.querySelectorAll(".row-link")];
    if (!links.length) return;
    const at = links.indexOf(document.activeElement);
    const to = at < 0 ? (by > 0 ? 0 : links.length - 1) : Math.min(Math.max(at + by, 0), links.length - 1);
    links[to].focus();
    links[to].closest(".row").scrollIntoView({ block: "nearest" });
  };
  const row = () => document.activeElement.closest?.(".row");
  const mark = () => {
    const box = row()?.querySelector("[name=ticket]");
    if (box) box.checked = !box.checked;
    else document.querySelector("[data-key=x]")?.click();
  };
  // In a list: what is marked, else the row that has the focus. On a ticket: its button.
  const act = (what, key) => {
    const bulk = document.getElementById("bulk");
    if (!bulk) return document.querySelector(`[data-key=${key}]`)?.click();
    const own = row()?.querySelector("[name=ticket]");
    if (!bulk.querySelector("[name=ticket]:checked") && own) own.checked = true;
    if (bulk.querySelector("[name=ticket]:checked")) bulk.querySelector(`[name=do][value=${what}]`)?.click();
  };
  const write = (kind) => {
    const tab = document.getElementById(`writes-${kind}`);
    const field = document.getElementById(kind);
    const link = row()?.querySelector(".row-link");
    if (!field && link && kind === "reply") location.assign(`${link.href}#reply`);
    if (!tab || !field) return;
    tab.checked = true;
    field.focus();
  };
  const keys = {
    j: () => step(1),
    k: () => step(-1),
    "/": () => document.getElementById("q")?.focus(),
    "?": () => document.getElementById("help").showModal(),
    r: () => write("reply"),
    n: () => write("note"),
    u: () => document.querySelector("[data-key=u]")?.click(),
    x: mark,
    c: () => document.querySelector("[data-key=c]")?.click(),
    t: () => document.querySelector("[data-template]")?.click(),
    i: () => document.querySelector("#similar [data-insert]")?.click(),
    z: () => document.querySelector("[data-key=z]")?.click(),
    s: () => document.getElementById("knowledge-q")?.focus(),
    e: () => act("resolve", "e"),
    a: () => act("take", "a"),
  };
  for (const number of [1, 2, 3, 4]) {
    keys[number] = () => document.querySelectorAll(".views a")[number - 1]?.click();
  }

  if (location.hash === "#reply") write("reply");

  // A list that comes anew keeps its marks, and the focus at its place.
  let place = -1;
  let marked = [];
  document.addEventListener("htmx:beforeSwap", () => {
    place = [...document.querySelectorAll(".row-link")].indexOf(document.activeElement);
    marked = [...document.querySelectorAll("[name=ticket]:checked")].map((one) => one.value);
  });
  document.addEventListener("htmx:afterSettle", () => {
    for (const one of document.querySelectorAll("[name=ticket]")) one.checked ||= marked.includes(one.value);
    const links = document.querySelectorAll(".row-link");
    if (place >= 0 && links.length && document.activeElement === document.body) links[Math.min(place, links.length - 1)].focus();
  });

  document.addEventListener("keydown", (event) => {
    const field = event.target.closest("input:not([type=radio], [type=checkbox]), textarea, select");
    if (field) {
      if (event.key === "Escape") field.blur();
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && field.matches("textarea")) field.form.requestSubmit();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || document.querySelector("dialog[open]")) return;
    const run = keys[event.key];
    if (!run || (!box.checked && event.key !== "?")) return;
    event.preventDefault();
    run();
  });
})();
