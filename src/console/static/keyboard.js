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
  const write = (kind) => {
    const tab = document.getElementById(`writes-${kind}`);
    const field = document.getElementById(kind);
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
    x: () => document.querySelector("[data-key=x]")?.click(),
  };
  for (const number of [1, 2, 3, 4]) {
    keys[number] = () => document.querySelectorAll(".views a")[number - 1]?.click();
  }

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
