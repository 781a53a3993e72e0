// What the page says on the script's tag, and the words of the visitor's language.

const tag = document.currentScript ?? document.querySelector('script[src*="/widget.js"]');
// A page that loads the widget twice gets one chat.
if (!tag || window.deskfleet || !("adoptedStyleSheets" in Document.prototype)) return;

const BASE = new URL(tag.src, location.href).origin;
// A page may embed the chats of two desks.
const KEY = `deskfleet.chat:${BASE}:`;
const CHOICES = { position: ["left", "right"], theme: ["auto", "light", "dark"], layout: ["float", "page"] };
const OPTIONS = readOptions(tag.dataset);
const LANGUAGE = chooseLanguage();
const DIRECTION = LANGUAGE === "ar" ? "rtl" : "ltr";

function warn(words) {
  console.warn(`deskfleet chat: ${words}`);
}

function readOptions(data) {
  const options = { layout: "float", theme: "auto", ...data };
  for (const [name, allowed] of Object.entries(CHOICES)) {
    if (options[name] && !allowed.includes(options[name])) {
      warn(`data-${name} is one of ${allowed.join(", ")}, not "${options[name]}".`);
      options[name] = name === "position" ? "" : allowed[0];
    }
  }
  if (options.color && !/^#([0-9a-f]{3}|[0-9a-f]{6})$/i.test(options.color)) {
    warn(`data-color is written as #0c6b6c, not "${options.color}".`);
    options.color = "";
  }
  return options;
}

function chooseLanguage() {
  if (OPTIONS.language && !known(OPTIONS.language)) {
    warn(`data-language is one of ${LANGUAGES.join(", ")}, not "${OPTIONS.language}".`);
  }
  const wanted = [OPTIONS.language, document.documentElement.lang, ...(navigator.languages ?? [])];
  return wanted.map(known).find(Boolean) ?? "en";
}

function known(language) {
  const primary = (language ?? "").toLowerCase().split(/[-_]/)[0];
  return LANGUAGES.includes(primary) ? primary : "";
}

/** English words stand in for those that cannot be loaded. */
async function loadWords() {
  if (WORDS[LANGUAGE]) return;
  try {
    const response = await fetch(`${BASE}/chat/words/${LANGUAGE}.json?v=${WORDS_VERSION}`, { credentials: "omit" });
    if (response.ok) WORDS[LANGUAGE] = await response.json();
  } catch {
    warn(`the words of ${LANGUAGE} cannot be loaded.`);
  }
}

/** The words of a key; `{name}` in them is replaced by the value of that name. */
function say(key, values = {}) {
  const words = WORDS[LANGUAGE]?.[key] ?? WORDS.en[key];
  return words.replace(/\{(\w+)\}/g, (_all, name) => values[name] ?? "");
}

/** Black or white, whichever is read better on the colour: the lesser of both contrasts is still 4.5. */
function inkOn(color) {
  const hex = color.length === 4 ? color.replace(/[0-9a-f]/gi, "$&$&") : color;
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const share = parseInt(hex.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 ? "#000" : "#fff";
}
