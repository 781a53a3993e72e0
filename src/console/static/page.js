// Small comforts: local times, the theme without a reload, and typed text that survives one.
(() => {
  const root = document.documentElement;
  root.classList.add("scripted");

  const zone = { dateStyle: "medium", timeStyle: "short" };
  const localise = (within) => {
    for (const time of within.querySelectorAll("time[data-local]")) {
      const at = new Date(time.dateTime);
      const today = at.toDateString() === new Date().toDateString();
      time.title = at.toString();
      time.textContent = at.toLocaleString([], today ? { timeStyle: "short" } : zone);
      time.removeAttribute("data-local");
    }
  };
  localise(document);
  document.addEventListener("htmx:afterSettle", () => localise(document));

  const form = document.querySelector("[data-theme-form]");
  form?.addEventListener("submit", (event) => {
    event.preventDefault();
    const shown = root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
    const chosen = shown === "dark" ? "light" : "dark";
    root.dataset.theme = chosen;
    document.querySelector("meta[name=color-scheme]").content = chosen;
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `deskfleet_theme=${chosen}; Path=/console; Max-Age=31536000; SameSite=Lax${secure}`;
  });

  // What is typed stays in this tab until it was sent, also when the session ends meanwhile. Sending shows a page
  // with [data-done]; logging out forgets it.
  document.querySelector("[data-forget-typed]")?.addEventListener("submit", () => sessionStorage.clear());
  const sent = document.querySelector("[data-done]") && sessionStorage.getItem("sending");
  if (sent) sessionStorage.removeItem(sent);
  sessionStorage.removeItem("sending");
  for (const field of document.querySelectorAll("textarea[data-keep]")) {
    const kept = sessionStorage.getItem(field.dataset.keep);
    if (kept !== null && !new URLSearchParams(location.search).has("reuse")) field.value = kept;
    field.addEventListener("input", () => sessionStorage.setItem(field.dataset.keep, field.value));
    field.form.addEventListener("submit", () => {
      sessionStorage.setItem("sending", field.dataset.keep);
      for (const button of field.form.querySelectorAll("button")) setTimeout(() => { button.disabled = true; });
    });
  }
  // What is written is kept on the server too: on another machine it goes on, and colleagues see that somebody writes.
  const draft = document.querySelector("textarea[data-draft]");
  let saving = 0;
  draft?.addEventListener("input", () => {
    clearTimeout(saving);
    saving = setTimeout(() => {
      const { csrf, seen_seq } = draft.form.elements;
      const body = new URLSearchParams({ csrf: csrf.value, seen_seq: seen_seq.value, text: draft.value });
      fetch(draft.dataset.draft, { method: "POST", body }).catch(() => {});
    }, 1200);
  });
  draft?.form.addEventListener("submit", () => clearTimeout(saving));

  // An answer that is offered goes to where the cursor is.
  document.addEventListener("click", (event) => {
    const offered = event.target.closest("[data-insert]");
    const field = document.getElementById("reply");
    if (!offered || !field) return;
    document.getElementById("writes-reply").checked = true;
    field.focus();
    field.setRangeText(offered.dataset.insert, field.selectionStart, field.selectionEnd, "end");
    const used = field.form.elements.template;
    if (used && offered.dataset.template) used.value = offered.dataset.template;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });

  // A reply can be taken back until it leaves.
  for (const undo of document.querySelectorAll("[data-undo]")) {
    setTimeout(() => undo.remove(), Math.max(0, new Date(undo.dataset.undo) - Date.now()));
  }

  // A chat's visitor sees that somebody is writing; told at most every few seconds, and never what.
  const told = document.querySelector("textarea[data-typing]");
  let nextTold = 0;
  told?.addEventListener("input", () => {
    if (!told.value.trim() || Date.now() < nextTold) return;
    nextTold = Date.now() + 4000;
    const csrf = told.form.elements.csrf.value;
    fetch(told.dataset.typing, { method: "POST", body: new URLSearchParams({ csrf }) }).catch(() => {});
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) for (const button of document.querySelectorAll("button:disabled")) button.disabled = false;
  });
  if (location.search.includes("done=")) history.replaceState(null, "", location.pathname);

  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-opens]");
    if (opener) document.getElementById(opener.dataset.opens).showModal();
  });
})();
