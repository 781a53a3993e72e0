// Keeps small values across reloads and tabs; in memory where the browser keeps nothing (private windows).

const memory = new Map();
const kept = browserStorage();

function browserStorage() {
  try {
    localStorage.setItem("deskfleet.probe", "1");
    localStorage.removeItem("deskfleet.probe");
    return localStorage;
  } catch {
    return null;
  }
}

function readKept(key) {
  const raw = memory.has(key) || !kept ? memory.get(key) : kept.getItem(key);
  try {
    return raw ? JSON.parse(raw) : null;
  } catch {
    return null;
  }
}

function keep(key, value) {
  const raw = JSON.stringify(value);
  memory.delete(key);
  try {
    if (kept) kept.setItem(key, raw);
    else memory.set(key, raw);
  } catch {
    memory.set(key, raw); // The storage is full: the value lives as long as the page.
  }
}

function drop(key) {
  memory.delete(key);
  kept?.removeItem(key);
}

function keptKeys(prefix) {
  const all = [...memory.keys(), ...(kept ? Object.keys(kept) : [])];
  return [...new Set(all)].filter((key) => key.startsWith(prefix));
}

/** Calls `listener(key)` when another tab has changed a key that begins so. */
function onKept(prefix, listener) {
  addEventListener("storage", (event) => {
    if (event.key?.startsWith(prefix)) listener(event.key);
  });
}
