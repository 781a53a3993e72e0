// The elements of the chat in a shadow root: a button that opens a dialog, or a whole page.

function createLayout() {
  const whole = OPTIONS.layout === "page";
  const host = make("deskfleet-chat", { theme: OPTIONS.theme });
  if (whole) Object.assign(document.documentElement, { lang: LANGUAGE, dir: DIRECTION });
  const root = host.attachShadow({ mode: "open" });
  root.adoptedStyleSheets = [STYLE, colours()].map(sheetOf);
  const parts = { host, root, ...headParts(whole), ...bodyParts(), ...composerParts() };
  parts.panel = panel(parts, whole);
  parts.launcher = button("launcher", say("open"), "chat");
  parts.badge = parts.launcher.appendChild(make("span", { class: "badge", hidden: true, "aria-hidden": "true" }));
  parts.launcher.setAttribute("aria-haspopup", "dialog");
  parts.aside = make("p", { class: "unseen", role: "status" });
  const side = OPTIONS.position || (DIRECTION === "rtl" ? "left" : "right");
  const place = { class: `chat ${OPTIONS.layout} ${side}`, dir: DIRECTION, lang: LANGUAGE };
  root.append(make("div", place, ...(whole ? [parts.panel] : [parts.aside, parts.launcher, parts.panel])));
  return parts;
}

function sheetOf(text) {
  // A style element or attribute would need the consent of the page's content security policy; this does not.
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(text);
  return sheet;
}

function colours() {
  const { color } = OPTIONS;
  return color ? `:host { --accent: ${color}; --on-accent: ${inkOn(color)}; }` : "";
}

function headParts(whole) {
  return {
    title: make(whole ? "h1" : "h2", { id: "title" }, OPTIONS.title || say("title")),
    state: make("p", { class: "state", role: "status" }),
    close: button("close", say("close"), "close"),
  };
}

function bodyParts() {
  const dots = make("span", { class: "dots", "aria-hidden": "true" }, make("i"), make("i"), make("i"));
  const log = make("div", { class: "log", role: "log", "aria-live": "off", "aria-label": say("messages") });
  const partial = make("div", { class: "partial", "aria-live": "off" });
  const working = make("div", { class: "working", hidden: true }, dots, make("span", {}, say("answering")));
  const greeting = make("div", { class: "message agent greeting" }, bubble(OPTIONS.greeting || say("greeting")));
  const attributes = { class: "scroller", tabindex: "0", role: "region", "aria-label": say("conversation") };
  return { log, partial, working, scroller: make("div", attributes, greeting, log, partial, working) };
}

function composerParts() {
  const field = (name, type, most) =>
    make("input", { name, type, maxlength: String(most), autocomplete: name, value: OPTIONS[name] });
  const name = field("name", "text", 80);
  const email = field("email", "email", 254);
  const text = make("textarea", {
    id: "text", rows: "1", maxlength: "4000", placeholder: say("write"), enterkeyhint: "send",
  });
  return {
    name, email, text,
    about: make(
      "fieldset",
      { class: "about", hidden: true, disabled: true },
      make("legend", {}, say("about")),
      make("label", {}, say("name"), name),
      make("label", {}, say("email"), email),
    ),
    chosen: make("ul", { class: "chosen", "aria-label": say("files"), hidden: true }),
    picker: make("input", { type: "file", multiple: true, hidden: true, tabindex: "-1", "aria-label": say("attach") }),
    attach: button("attach", say("attach"), "clip"),
    newest: make("button", { type: "button", class: "newest", hidden: true }, say("newest")),
    notice: make("p", { class: "notice", role: "status", hidden: true }),
    person: make("button", { type: "button", class: "plain person" }, say("person")),
    end: make("button", { type: "button", class: "plain end", hidden: true }, say("end")),
  };
}

function panel(parts, whole) {
  const send = make("button", { type: "submit", class: "send", "aria-label": say("send"), title: say("send") }, icon("send"));
  const label = make("label", { for: "text", class: "unseen" }, say("hint"));
  const line = make("div", { class: "line" }, parts.attach, parts.picker, label, parts.text, send);
  parts.form = make("form", { class: "composer", novalidate: true }, parts.about, parts.chosen, line);
  parts.foot = make(
    "div",
    { class: "foot" },
    parts.newest, parts.notice, parts.form, make("div", { class: "row actions" }, parts.person, parts.end),
  );
  const head = make(
    "header",
    { class: "head" },
    make("span", { class: "sign" }, icon("chat")), make("div", { class: "names" }, parts.title, parts.state),
    whole ? null : parts.close,
  );
  const role = whole ? { role: "main" } : { role: "dialog", "aria-modal": "true", hidden: true };
  return make("section", { class: "panel", ...role, "aria-labelledby": "title" }, head, parts.scroller, parts.foot);
}

/** While the dialog is open Tab stays in it. */
function keepFocusIn(panel, root) {
  panel.addEventListener("keydown", (event) => {
    if (event.key !== "Tab") return;
    const wanted = "a[href], button, input, textarea, [tabindex='0']";
    const stops = [...panel.querySelectorAll(wanted)].filter((one) => one.tabIndex >= 0 && one.checkVisibility() && !one.matches(":disabled"));
    const last = event.shiftKey ? stops[0] : stops.at(-1);
    if (root.activeElement !== last) return;
    event.preventDefault();
    (event.shiftKey ? stops.at(-1) : stops[0]).focus();
  });
}
