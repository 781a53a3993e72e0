// What the visitor wrote and the server has not confirmed. It survives a reload; one message is under way at a time,
// so they arrive in the order in which they were written. The server knows a message by its id, so twice is once.

const WAITING = `${KEY}out.`;
const LEAST_GAP_MS = 500;
const SILENCE_MS = 10_000;
const ORPHAN_MS = 60_000;

/**
 * `transmit(entry)` → whether something took it; `silent()`: no answer came, the socket is dead.
 * `appeared(entry)`, `vanished(id)`: another tab has written something, or has settled it.
 */
function createOutbox({ transmit, silent, appeared, vanished }) {
  const entries = new Map();
  const files = new Map(); // Only this page can send its files: they cannot be kept.
  let underWay = null;
  let lastAt = 0;
  let timer = 0;

  adopt(0);
  const lost = pending().filter((entry) => entry.fileNames);
  lost.forEach((entry) => forget(entry.id));

  function adopt(leastAgeMs) {
    for (const key of keptKeys(WAITING)) {
      const entry = readKept(key);
      if (entry?.id && Date.now() - entry.at >= leastAgeMs && !entries.has(entry.id)) entries.set(entry.id, entry);
    }
  }

  function pending() {
    return [...entries.values()].sort((a, b) => a.at - b.at);
  }

  function add(written, chosen) {
    const entry = { id: newId(), at: Date.now(), ...written };
    if (chosen.length) {
      files.set(entry.id, chosen);
      entry.fileNames = chosen.map((file) => file.name);
    }
    entries.set(entry.id, entry);
    keep(WAITING + entry.id, entry);
    next();
    return entry;
  }

  function next() {
    if (underWay) return;
    clearTimeout(timer);
    const entry = pending().find((one) => !one.fileNames || files.has(one.id));
    if (!entry) return;
    const pause = lastAt + LEAST_GAP_MS - Date.now();
    if (pause > 0) {
      timer = setTimeout(next, pause);
      return;
    }
    if (!transmit(entry, files.get(entry.id))) return;
    underWay = entry.id;
    lastAt = Date.now();
    // An upload tells by itself when it has failed.
    if (!entry.fileNames) timer = setTimeout(silent, SILENCE_MS);
  }

  function forget(id) {
    entries.delete(id);
    files.delete(id);
    drop(WAITING + id);
  }

  function settle(id) {
    forget(id);
    if (underWay === id) {
      clearTimeout(timer);
      underWay = null;
    }
    next();
  }

  /** The socket is new, or the server asked for a pause that is over: begin with the oldest again. */
  function restart(afterMs = 0) {
    clearTimeout(timer);
    underWay = null;
    // The tab that wrote it may have been closed before it could send it.
    adopt(ORPHAN_MS);
    timer = setTimeout(next, afterMs);
  }

  onKept(WAITING, (key) => {
    const id = key.slice(WAITING.length);
    const entry = readKept(key);
    if (entry && !entries.has(id)) appeared(entry);
    if (!entry && underWay !== id) {
      entries.delete(id);
      vanished(id);
    }
  });

  return { pending, lost, add, settle, restart, has: (id) => entries.has(id), underWay: () => underWay };
}

function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  // Without HTTPS the browser has no randomUUID.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
