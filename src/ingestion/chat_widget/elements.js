// Builds elements. Everything that somebody typed becomes text nodes, never markup.

const SHAPES = {
  chat: "M4 3h16a2 2 0 0 1 2 2v11a2 2 0 0 1-2 2h-8l-5 4v-4H4a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2z",
  close: "M6.4 5 12 10.6 17.6 5 19 6.4 13.4 12l5.6 5.6-1.4 1.4-5.6-5.6L6.4 19 5 17.6l5.6-5.6L5 6.4z",
  send: "M3.4 20.4 21.5 12 3.4 3.6 3 10l12 2-12 2z",
  clip: "M16.5 6v11a4.5 4.5 0 0 1-9 0V5a3 3 0 0 1 6 0v10.500a1.500 1.500 0 0 1-3 0V6H9v9.500a3 3 0 0 0 6 0V5a4.500 4.500 0 0 0-9 0v12a6 6 0 0 0 12 0V6z",
};

/** `attributes`: those that are false, null or undefined are left out; `on…` are listeners. */
function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", SHAPES[name]);
  for (const [key, value] of Object.entries({ viewBox: "0 0 24 24", "aria-hidden": "true", focusable: "false" })) {
    svg.setAttribute(key, value);
  }
  svg.append(path);
  return svg;
}

function button(className, label, shape, onclick) {
  return make("button", { type: "button", class: className, "aria-label": label, title: label, onclick }, icon(shape));
}

function link(url, text) {
  return make("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, text);
}

/** An address that may be followed, seen from our own pages; null when it is none. */
function safeUrl(given) {
  try {
    const url = new URL(given, BASE);
    return given && ["http:", "https:"].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}
