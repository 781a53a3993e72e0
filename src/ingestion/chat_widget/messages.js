// Shows the messages, and what the visitor has written before the server has it.

const FOLLOWS_MS = 300_000;

function createMessages({ log, scroller, newest, partial }) {
  const shown = new Map(); // message id → element
  const waiting = new Map(); // the page's own id → element
  const clock = new Intl.DateTimeFormat(LANGUAGE, { hour: "2-digit", minute: "2-digit" });
  const dated = new Intl.DateTimeFormat(LANGUAGE, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });

  function clear() {
    log.replaceChildren();
    showPartial();
    shown.clear();
    waiting.clear();
  }

  /** A message of the server; returns whether it is new here. */
  function show(message) {
    if (shown.has(message.message_id)) return false;
    if (waiting.has(message.id)) {
      confirm(message.id, message.message_id);
      return false;
    }
    const atEnd = isAtEnd();
    if (message.answers && message.answers === partial.dataset.key) showPartial();
    place(build(message), message.message_id);
    if (atEnd) scrollDown();
    return true;
  }

  /**
   * What there is of a reply; without a text it is gone. It stands below the log, where the reply will stand, so that
   * the page does not move and only the reply is read aloud.
   */
  function showPartial({ key, text, name } = {}) {
    const atEnd = isAtEnd();
    const known = partial.dataset.key === key && partial.querySelector(".bubble");
    partial.dataset.key = text ? key : "";
    if (!text) partial.replaceChildren();
    else if (known) known.replaceWith(bubble(text));
    else {
      const element = build({ author: "agent", text, name, at: Date.now() });
      partial.replaceChildren(element);
      group(element, log.lastElementChild);
    }
    if (atEnd) scrollDown();
    else if (text) newest.hidden = false;
  }

  function showWaiting(entry) {
    if (waiting.has(entry.id)) return;
    const files = (entry.fileNames ?? []).map((name) => ({ name }));
    const element = build({ author: "customer", text: entry.text, files, at: entry.at });
    element.classList.add("waiting");
    waiting.set(entry.id, element);
    log.append(element);
    setFate(entry.id, say("sending"));
    group(element);
    scrollDown();
  }

  function confirm(id, messageId) {
    const element = waiting.get(id);
    if (!element) return;
    waiting.delete(id);
    element.classList.remove("waiting");
    element.querySelector(".fate")?.remove();
    if (shown.has(messageId)) element.remove();
    else place(element, messageId);
  }

  function setFate(id, words, failed = false) {
    const element = waiting.get(id);
    if (!element) return;
    const fate = element.querySelector(".fate") ?? element.appendChild(make("p", { class: "fate" }));
    fate.textContent = words;
    fate.classList.toggle("failed", failed);
  }

  /** Another tab has settled it: if it was sent, it comes as a message; if it was refused, it is only shown there. */
  function discard(id) {
    setTimeout(() => {
      waiting.get(id)?.remove();
      waiting.delete(id);
    }, 3_000);
  }

  function isAtEnd() {
    return scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 80;
  }

  function scrollDown() {
    scroller.scrollTop = scroller.scrollHeight;
    newest.hidden = true;
  }

  newest.addEventListener("click", scrollDown);
  scroller.addEventListener("scroll", () => {
    if (isAtEnd()) newest.hidden = true;
  });

  function place(element, messageId) {
    const atEnd = isAtEnd();
    const later = [...shown].filter(([id]) => id > messageId).sort(([a], [b]) => a - b)[0]?.[1];
    const next = later ?? waiting.values().next().value ?? null;
    shown.set(messageId, element);
    if (element.nextElementSibling !== next || element.parentElement !== log) log.insertBefore(element, next);
    group(element);
    if (element.nextElementSibling) group(element.nextElementSibling);
    if (atEnd) scrollDown();
    else newest.hidden = element.dataset.author === "customer";
  }

  /** Several messages of one author in a row carry one heading; who of the staff comes in is announced. */
  function group(element, before = element.previousElementSibling) {
    const { author, name, at } = element.dataset;
    const same = before?.dataset.author === author && before.dataset.name === name;
    element.classList.toggle("follows", Boolean(same && at - before.dataset.at < FOLLOWS_MS));
    if (author !== "staff") return;
    let reply = before;
    while (reply?.dataset.author === "customer") reply = reply.previousElementSibling;
    const joins = reply?.dataset.author !== "staff" || reply.dataset.name !== name;
    const joined = element.querySelector(".joined");
    if (joins && !joined) element.prepend(make("p", { class: "joined" }, say("joined", { name })));
    else if (!joins) joined?.remove();
  }

  function build(message) {
    const at = new Date(message.at);
    const ours = message.author !== "customer";
    const name = ours ? message.name || say("staff") : say("you");
    const element = make("div", { class: `message ${message.author}` }, heading(name, ours && say(message.author), at));
    Object.assign(element.dataset, { author: message.author, name, at: at.getTime() });
    if (message.text) element.append(bubble(message.text));
    const files = (message.files ?? []).map(({ name, url }) => (url ? link(safeUrl(url), name) : make("bdi", {}, name)));
    if (files.length) element.append(listOf("files", say("files"), files));
    const sources = (message.citations ?? []).filter((citation) => safeUrl(citation.url));
    const links = sources.map(({ title, url }) => link(safeUrl(url), title || url));
    if (links.length) element.append(listOf("sources", say("sources"), links));
    return element;
  }

  function heading(name, role, at) {
    const today = at.toDateString() === new Date().toDateString();
    const time = make("time", { datetime: at.toISOString() }, (today ? clock : dated).format(at));
    return make("p", { class: "who" }, make("b", {}, name), role ? ` · ${role} · ` : " · ", time);
  }

  return { clear, show, showPartial, showWaiting, confirm, setFate, discard, isAtEnd, scrollDown };
}

function bubble(text) {
  const element = make("div", { class: "bubble", dir: "auto" });
  text.split(/(https?:\/\/[^\s<>"]*[^\s<>".,;:!?)\]])/).forEach((part, index) => {
    element.append(index % 2 ? link(part, part) : part);
  });
  return element;
}

function listOf(className, label, contents) {
  const items = contents.map((content) => make("li", {}, content));
  return make("ul", { class: className, "aria-label": label }, ...items);
}
