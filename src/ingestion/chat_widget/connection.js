// One socket that comes back by itself. The session is shared by the tabs, so that they see one conversation.

const SESSION = `${KEY}session`;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 20_000;
const ASLEEP_MS = 60_000;

/**
 * `listener`: state("connecting" | "online" | "offline"), frame(frame), newConversation(), lastId().
 * Nothing is connected before `start()`: who never opens the chat costs nothing and is not counted.
 */
function createConnection(listener) {
  let socket = null;
  let started = false;
  let ready = false;
  let everReady = false;
  let conversation = readKept(SESSION)?.conversation ?? null;
  let attempts = 0;
  let timer = 0;
  let notBefore = 0;
  let hiddenAt = 0;

  function start() {
    if (started) return;
    started = true;
    open();
  }

  function open() {
    clearTimeout(timer);
    showState();
    const used = readKept(SESSION)?.token;
    const mine = new WebSocket(`${BASE.replace(/^http/, "ws")}/chat/ws`, ["deskfleet.chat", ...(used ? [used] : [])]);
    let done = Promise.resolve();
    socket = mine;
    mine.onmessage = (event) => {
      done = done.then(() => socket === mine && receive(JSON.parse(event.data), used));
    };
    mine.onclose = () => {
      if (socket === mine) lost();
    };
  }

  function lost() {
    socket = null;
    ready = false;
    showState();
    if (!everReady && attempts === 2) warn(`${BASE} cannot be reached, or ${location.origin} is not in DESKFLEET_CHAT_ORIGINS.`);
    // Half of the pause is chance, so that a server that starts again is not met by everybody at once.
    const pause = Math.min(FIRST_PAUSE_MS * 2 ** attempts, LONGEST_PAUSE_MS) * (0.5 + Math.random() / 2);
    attempts += 1;
    clearTimeout(timer);
    timer = setTimeout(open, Math.max(pause, notBefore - Date.now()));
  }

  function reconnect() {
    if (!started) return;
    const old = socket;
    socket = null;
    ready = false;
    old?.close();
    open();
  }

  function showState() {
    if (ready) listener.state("online");
    else listener.state(navigator.onLine ? "connecting" : "offline");
  }

  async function receive(frame, used) {
    if (frame.type === "welcome") {
      await greet(frame, used);
      return;
    }
    const flooded = frame.code === "flood";
    if (flooded) notBefore = Date.now() + frame.retry_after_s * 1000;
    listener.frame(flooded ? { ...frame, code: "rate_limited" } : frame);
  }

  async function greet(frame, used) {
    if (!(await keepSession(frame, used))) {
      reconnect(); // Another tab has begun a conversation meanwhile: join it.
      return;
    }
    if (conversation !== frame.conversation) {
      if (conversation) listener.newConversation();
      conversation = frame.conversation;
    }
    attempts = 0;
    ready = true;
    everReady = true;
    listener.frame(frame);
    send({ type: "resume", after: listener.lastId() });
    showState();
  }

  function keepSession(frame, used) {
    const decide = () => {
      const stored = readKept(SESSION);
      if (!frame.resumed && stored && stored.token !== used) return false;
      const talked = frame.newest_id > 0 || (frame.resumed && Boolean(stored?.talked));
      keep(SESSION, { token: frame.token, conversation: frame.conversation, talked });
      return true;
    };
    return navigator.locks ? navigator.locks.request(SESSION, decide) : decide();
  }

  function send(frame) {
    if (!ready || socket?.readyState !== WebSocket.OPEN) return false;
    socket.send(JSON.stringify(frame));
    return true;
  }

  onKept(SESSION, () => {
    const stored = readKept(SESSION);
    if (stored && stored.conversation !== conversation) reconnect();
  });
  addEventListener("online", reconnect);
  addEventListener("offline", () => {
    socket?.close();
    if (started) showState();
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) hiddenAt = Date.now();
    // A machine that slept may hold a socket that nobody answers any more.
    else if (started && (Date.now() - hiddenAt > ASLEEP_MS || (!socket && Date.now() >= notBefore))) reconnect();
  });

  return { start, send, reconnect, isReady: () => ready };
}

/** Whether this visitor has a conversation that an answer may come in. */
function hasTalked() {
  return Boolean(readKept(SESSION)?.talked);
}

function markTalked() {
  const session = readKept(SESSION);
  if (session && !session.talked) keep(SESSION, { ...session, talked: true });
}
