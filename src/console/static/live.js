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

  // Who allowed it is told by the browser as well, once for each notification.
  const tellOutside = async () => {
    if (!("Notification" in window) || Notification.permission !== "granted") return;
    const answer = await fetch("/console/notifications/unseen").catch(() => null);
    const { newest = [] } = answer?.ok ? await answer.json() : {};
    for (const one of newest) {
      if (Number(localStorage.getItem("told") || 0) >= one.id) continue;
      localStorage.setItem("told", one.id);
      const shown = new Notification("deskfleet", { body: one.text, tag: `deskfleet-${one.id}` });
      shown.onclick = () => { window.focus(); if (one.ticket) location.assign(`/console/tickets/${one.ticket}`); };
    }
  };
  document.body.addEventListener("queue", tellOutside);
  const ask = document.querySelector("[data-ask-notify]");
  if (ask && "Notification" in window && Notification.permission === "default") {
    ask.hidden = false;
    ask.addEventListener("click", async () => { await Notification.requestPermission(); ask.hidden = true; });
  }

  // What was just said of a change stays for a moment, though the change itself makes the list come anew.
  const SAID_MS = 6000;
  let said = null;
  document.addEventListener("htmx:afterSettle", () => {
    const note = document.querySelector(".list-note");
    if (note && note !== said?.note) said = { note, until: Date.now() + SAID_MS };
    else if (!note && said && Date.now() < said.until) document.getElementById("list")?.prepend(said.note);
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
