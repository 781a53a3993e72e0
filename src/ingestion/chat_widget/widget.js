// Puts the chat on the page: wires the form, the socket, what waits to be sent and what is shown.

const ABOUT = `${KEY}about`;
const SEEN = `${KEY}seen`;
const WISH = `${KEY}person`; // A person is wanted for the first message.
const ENDED = `${KEY}ended`; // The last message that the visitor had when they ended the chat.
const UNRATED = `${KEY}unrated`; // The last message that they did not want to say anything about.
const OPEN = `${KEY}open`;
const SEEN_GAP_MS = 2_000;
const WHOLE = OPTIONS.layout === "page";

window.deskfleet = {};
if (document.body) loadWords().then(startChat);
else addEventListener("DOMContentLoaded", () => loadWords().then(startChat));

function startChat() {
  const view = createLayout();
  const messages = createMessages(view);
  const theirs = new Map(); // message id → whether it came after the page was opened
  let lastId = 0;
  let seenTimer = 0;
  let seenSent = 0;
  let limits = { most: 0, bytes: 0, types: [] };
  let status = "";
  let rating = null;
  let problem = "";
  let typingUntil = 0;
  let opened = WHOLE;
  let chosen = [];

  const survey = createRating({
    given: (mark, comment) => tell({ type: "rate", rating: mark, comment }),
    later: () => remember(UNRATED, lastId),
  });
  view.foot.prepend(survey.form);
  document.body.append(view.host);

  const handlers = { welcome, received, message, partial: messages.showPartial, status: standing, typing, error };
  const connection = createConnection({
    lastId: () => lastId,
    state: showState,
    frame: (frame) => handlers[frame.type]?.(frame),
    newConversation: beginAnew,
  });
  const outbox = createOutbox({
    transmit,
    silent: () => connection.reconnect(),
    appeared: messages.showWaiting,
    vanished: messages.discard,
  });
  [...outbox.pending(), ...outbox.lost].forEach(messages.showWaiting);
  outbox.lost.forEach((entry) => messages.setFate(entry.id, say("files_lost"), true));
  wire();
  fillAbout();
  if (WHOLE || storedOpen()) setOpen(true, { focus: WHOLE && matchMedia("(hover: hover)").matches });
  else if (hasTalked() || outbox.pending().length) connection.start();
  Object.assign(window.deskfleet, { open: () => setOpen(true), close: () => setOpen(false) });

  // What the server says

  function welcome(frame) {
    limits = frame.files;
    view.picker.accept = limits.types.join(",");
    if (!OPTIONS.title) view.title.textContent = frame.desk;
    showUnread();
    showAbout(!frame.newest_id && !outbox.pending().length);
  }

  function received(frame) {
    markTalked();
    messages.confirm(frame.id, frame.message_id);
    outbox.settle(frame.id);
  }

  function message(frame) {
    showAbout(false);
    problem = "";
    // Only this stream moves the mark: what it has passed has been shown without a gap.
    lastId = Math.max(lastId, frame.message_id);
    messages.show(frame);
    if (frame.author !== "customer") typingUntil = 0;
    if (frame.author === "customer") {
      if (frame.id && outbox.has(frame.id)) outbox.settle(frame.id);
      return;
    }
    markTalked();
    theirs.set(frame.message_id, frame);
    showUnread();
    acknowledge();
  }

  function standing(frame) {
    ({ status, rating } = frame);
    if (status === "with_staff") drop(WISH);
    else if (lastId && readKept(WISH)) connection.send({ type: "person" });
    // What came before the first status is history: a screen reader is not to read all of it aloud.
    view.log.setAttribute("aria-live", "polite");
    showAbout(lastId === 0 && !outbox.pending().length);
    showStanding();
  }

  /** A colleague is typing; nobody says when they stop. */
  function typing(frame) {
    typingUntil = Date.now() + frame.for_s * 1000;
    setTimeout(showStanding, frame.for_s * 1000 + 50);
    showStanding();
  }

  function error(frame) {
    if (frame.code === "stale") connection.reconnect();
    if (frame.code === "conflict") remember(WISH, true);
    // What was too large to be read is answered without its id: then it is the one that is under way.
    const again = frame.retry_after_s !== undefined;
    const id = frame.id || (again ? null : outbox.underWay());
    const words = WORDS.en[frame.code] ? say(frame.code) : frame.detail;
    if (id && again) {
      messages.setFate(id, say("retry"));
      outbox.restart(frame.retry_after_s * 1000);
    } else if (id) {
      messages.setFate(id, `${say("failed")} ${words}`, true);
      outbox.settle(id);
    } else if (frame.code !== "conflict") {
      problem = words;
    }
    showStanding();
  }

  /** The old conversation cannot be opened any more: what was not sent goes into the new one. */
  function beginAnew() {
    lastId = 0;
    seenSent = 0;
    theirs.clear();
    [SEEN, ENDED, UNRATED].forEach(drop);
    messages.clear();
    outbox.pending().forEach(messages.showWaiting);
  }

  // What is shown

  function showState(name) {
    const online = name === "online";
    const before = view.state.dataset.state;
    view.state.dataset.state = name;
    view.state.textContent = say(name);
    outbox.pending().forEach((entry) => messages.setFate(entry.id, say(online ? "sending" : "waits")));
    if (online && before !== "online") outbox.restart();
    if (online) return;
    view.working.hidden = true;
    messages.showPartial(); // Whether it goes on is not known; it comes again with the connection.
  }

  function showStanding() {
    const atEnd = messages.isAtEnd();
    const wished = Boolean(readKept(WISH));
    const over = status === "resolved" || (lastId > 0 && readKept(ENDED) === lastId);
    const states = { with_staff: say("with_staff"), resolved: say("resolved") };
    const thanks = over && rating ? say("thanks", { n: rating }) : "";
    const working = status === "answering" || Date.now() < typingUntil;
    view.working.hidden = !working || !connection.isReady();
    view.notice.textContent = problem || thanks || states[status] || (wished ? say("wished") : "");
    view.notice.hidden = !view.notice.textContent;
    view.person.hidden = wished || status === "with_staff";
    view.end.hidden = !lastId || over;
    survey.show(over && !rating && lastId > 0 && readKept(UNRATED) !== lastId);
    if (atEnd) messages.scrollDown();
  }

  function showUnread() {
    const count = [...theirs.keys()].filter((id) => id > seen()).length;
    view.badge.textContent = count > 9 ? "9+" : count;
    view.badge.hidden = !count;
    view.launcher.setAttribute("aria-label", count ? `${say("open")}. ${say("unread", { n: count })}` : say("open"));
    view.aside.textContent = count && !opened ? say("unread", { n: count }) : "";
    if (WHOLE) document.title = count ? `(${count}) ${view.title.textContent}` : view.title.textContent;
  }

  /** Disabled while it is hidden: a half-written address in it must not keep the form from being sent. */
  function showAbout(wanted) {
    view.about.hidden = !wanted;
    view.about.disabled = !wanted;
  }

  function showChosen() {
    const items = chosen.map((file) => {
      const remove = button("remove", say("remove", { name: file.name }), "close", () => choose(chosen.filter((one) => one !== file)));
      return make("li", {}, make("bdi", {}, file.name), remove);
    });
    view.chosen.replaceChildren(...items);
    view.chosen.hidden = !items.length;
  }

  // What the visitor does

  function transmit(entry, files) {
    const { id, text, name, email, person } = entry;
    const frame = { id, text, ...(name && { name }), ...(email && { email }), ...(person && { person }) };
    if (!files) return connection.send({ type: "message", ...frame });
    if (!connection.isReady()) return false;
    upload(frame, files).then((answer) => handlers[answer.type](answer));
    return true;
  }

  function submit(event) {
    event.preventDefault();
    const text = view.text.value.trim();
    if (!text && !chosen.length) return;
    if (!view.about.disabled && !view.email.reportValidity()) return;
    const about = { name: view.name.value.trim(), email: view.email.value.trim() };
    keep(ABOUT, about);
    const person = Boolean(readKept(WISH));
    drop(WISH);
    showAbout(false);
    messages.showWaiting(outbox.add({ text, ...about, ...(person && { person }) }, chosen));
    if (!connection.isReady()) showState(view.state.dataset.state ?? "connecting");
    connection.start();
    view.text.value = "";
    choose([]);
    grow();
    view.text.focus();
  }

  function choose(files) {
    problem = objectionTo(files, limits);
    if (!problem) chosen = files;
    view.picker.value = "";
    showChosen();
    showStanding();
  }

  function askForPerson() {
    if (!lastId || !tell({ type: "person" })) remember(WISH, true);
    view.text.focus();
  }

  function tell(frame) {
    const sent = connection.send(frame);
    problem = sent || frame.type === "person" ? "" : say("unavailable");
    showStanding();
    return sent;
  }

  function remember(key, value) {
    keep(key, value);
    showStanding();
  }

  function setOpen(wanted, { focus = true } = {}) {
    opened = wanted || WHOLE;
    if (!WHOLE) {
      storeOpen(wanted);
      view.panel.hidden = !wanted;
      view.launcher.setAttribute("aria-expanded", String(wanted));
      if (!wanted && focus) view.launcher.focus();
    }
    if (!opened) return;
    connection.start();
    messages.scrollDown();
    if (focus) view.text.focus();
    acknowledge();
  }

  function acknowledge() {
    if (document.hidden || !opened) return;
    if (lastId > seen()) keep(SEEN, lastId);
    showUnread();
    if (seenTimer || seenSent === lastId) return;
    seenTimer = setTimeout(() => {
      seenTimer = 0;
      if (connection.send({ type: "seen", up_to: lastId })) seenSent = lastId;
    }, seenSent ? SEEN_GAP_MS : 200);
  }

  function seen() {
    return readKept(SEEN) ?? 0;
  }

  function fillAbout() {
    const before = readKept(ABOUT) ?? {};
    for (const name of ["name", "email"]) view[name].value = before[name] || OPTIONS[name] || "";
  }

  function grow() {
    view.text.style.height = "auto";
    view.text.style.height = `${view.text.scrollHeight + 2}px`;
  }

  function wire() {
    view.launcher.addEventListener("click", () => setOpen(view.panel.hidden));
    view.close.addEventListener("click", () => setOpen(false));
    view.form.addEventListener("submit", submit);
    view.person.addEventListener("click", askForPerson);
    view.end.addEventListener("click", () => {
      drop(UNRATED);
      remember(ENDED, lastId);
      view.root.querySelector("input[name=mark]").focus();
    });
    view.attach.addEventListener("click", () => view.picker.click());
    view.picker.addEventListener("change", () => choose([...chosen, ...view.picker.files]));
    view.text.addEventListener("paste", (event) => {
      const files = [...event.clipboardData.files];
      if (files.length) choose([...chosen, ...files]);
    });
    view.text.addEventListener("input", grow);
    view.text.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      view.form.requestSubmit();
    });
    if (!WHOLE) wireDialog();
    onKept(KEY, () => {
      showUnread();
      showStanding();
    });
    document.addEventListener("visibilitychange", acknowledge);
  }

  function wireDialog() {
    keepFocusIn(view.panel, view.root);
    view.panel.addEventListener("keydown", (event) => {
      // The page's own shortcuts are not meant while somebody writes here.
      event.stopPropagation();
      if (event.key === "Escape") setOpen(false);
    });
  }
}

function storedOpen() {
  try {
    return sessionStorage.getItem(OPEN) === "1";
  } catch {
    return false;
  }
}

/** Whether the dialog is open goes with the tab from page to page. */
function storeOpen(open) {
  try {
    sessionStorage.setItem(OPEN, open ? "1" : "");
  } catch {
    warn("the browser does not keep whether the chat is open.");
  }
}
