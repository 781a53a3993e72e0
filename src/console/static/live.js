// Listens for what happened and has htmx fetch the parts of this page that show it.
(() => {
  const url = document.body.dataset.live;
  const names = (document.body.dataset.liveNames || "").split(" ").filter(Boolean);
  const sign = document.getElementById("live");
  if (!url || !sign) return;

  const texts = { on: "Live", off: "Connecting …", out: "Logged out: log in again", idle: "Paused" };
  const show = (state) => {
    sign.dataset.state = state;
    sign.querySelector(".live-text").textContent = texts[state];
  };

  // A message that is open in the original stays until its reader hides it, which fetches the conversation anew.
  const tell = (name) => {
    if (name === "queue" || !document.querySelector(".opened")) htmx.trigger(document.body, name);
  };

  let source = null;
  let resting = 0;
  const open = () => {
    clearTimeout(resting);
    if (source && source.readyState !== EventSource.CLOSED) return;
    show("off");
    source = new EventSource(url);
    source.onopen = () => show("on");
    source.onerror = () => {
      show("off");
      // The browser gives up after an answer that is no stream, for example while the server restarts.
      if (source.readyState === EventSource.CLOSED) resting = setTimeout(open, 5000);
    };
    for (const name of names) source.addEventListener(name, () => tell(name));
  };
  const rest = () => {
    source?.close();
    show("idle");
  };
  open();
  // A browser keeps few connections to one server: pages in the background give theirs up.
  document.addEventListener("visibilitychange", () => {
    clearTimeout(resting);
    if (document.hidden) resting = setTimeout(rest, 20000);
    else open();
  });

  document.addEventListener("htmx:responseError", (event) => {
    if (event.detail.xhr.status === 401) show("out");
  });

  // Rows that were not there before are marked for a moment.
  const ids = () => new Set([...document.querySelectorAll("[data-row]")].map((row) => row.dataset.row));
  let before = ids();
  let asked = false;
  document.addEventListener("htmx:beforeRequest", (event) => { asked = Boolean(event.detail.elt.closest(".filters")); });
  document.addEventListener("htmx:beforeSwap", () => { before = ids(); });
  document.addEventListener("htmx:afterSettle", () => {
    if (asked) return;
    for (const row of document.querySelectorAll("[data-row]")) {
      if (!before.has(row.dataset.row)) row.classList.add("row-new");
    }
    before = ids();
  });
})();
