// What is wrong with the chat for somebody who does not see it, or sees badly: one line each.
(() => {
  const found = [];
  const root = document.querySelector("deskfleet-chat").shadowRoot;
  const visible = (element) => element.checkVisibility();
  const all = (selector) => [...root.querySelectorAll(selector)].filter(visible);
  const say = (element, what) => found.push(`${element.tagName.toLowerCase()}.${element.className}: ${what}`);

  for (const element of all("button, a, input, textarea, [role=dialog], [role=log], [role=region], [role=main]")) {
    if (!nameOf(element)) say(element, "has no name");
  }
  for (const element of all("button, input, textarea")) {
    const box = element.getBoundingClientRect();
    if (Math.min(box.width, box.height) < 24) say(element, `is ${box.width} by ${box.height} pixels`);
  }
  const ids = [...root.querySelectorAll("[id]")].map((element) => element.id);
  if (new Set(ids).size !== ids.length) found.push(`ids are given twice: ${ids}`);
  for (const role of ["log", "status"]) if (!root.querySelector(`[role=${role}]`)) found.push(`there is no ${role}`);

  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (!node.data.trim() || !visible(element) || element.closest(".unseen")) continue;
    const least = contrast(rgb(getComputedStyle(element).color), background(element));
    if (least < 4.5) say(element, `"${node.data.trim()}" has a contrast of ${least.toFixed(2)}`);
  }
  for (const field of all("input[type=text], input[type=email], textarea")) {
    const edge = contrast(rgb(getComputedStyle(field).borderTopColor), background(field.parentElement));
    if (edge < 3) say(field, `its edge has a contrast of ${edge.toFixed(2)}`);
  }
  return found;

  function nameOf(element) {
    const by = element.getAttribute("aria-labelledby");
    const label = by ? root.getElementById(by)?.textContent : element.getAttribute("aria-label");
    return (label ?? element.labels?.[0]?.textContent ?? element.textContent).trim();
  }

  function background(element) {
    for (let one = element; one; one = one.parentElement) {
      const color = rgb(getComputedStyle(one).backgroundColor);
      if (color[3] !== 0) return color;
    }
    return [255, 255, 255, 1];
  }

  function rgb(text) {
    const [red, green, blue, alpha = 1] = text.match(/[\d.]+/g).map(Number);
    return [red, green, blue, alpha];
  }

  function contrast(one, other) {
    const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
    return (light + 0.05) / (dark + 0.05);
  }

  function luminance(color) {
    const [red, green, blue] = color.slice(0, 3).map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  }
})()
