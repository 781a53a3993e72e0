// Files: which may go with a message, and the request that carries them.

const UPLOAD_LIMIT_MS = 120_000;

/** Why these files cannot go together with one message, in words; empty when they can. */
function objectionTo(files, limits) {
  const stranger = files.find((file) => !limits.types.includes(file.type));
  if (stranger) return say("file_type", { name: stranger.name });
  if (files.length > limits.most) return say("file_count", { n: limits.most });
  const bytes = files.reduce((sum, file) => sum + file.size, 0);
  if (bytes > limits.bytes || files.some((file) => !file.size)) return say("file_size", { size: sizeOf(limits.bytes) });
  return "";
}

function sizeOf(bytes) {
  const unit = bytes < 1_000_000 ? ["kilobyte", 1_000] : ["megabyte", 1_000_000];
  const style = { style: "unit", unit: unit[0], maximumFractionDigits: 1 };
  return new Intl.NumberFormat(LANGUAGE, style).format(bytes / unit[1]);
}

/** A frame as the socket would bring it: `received`, or `error`. */
async function upload(frame, files) {
  const form = new FormData();
  form.append("token", readKept(SESSION)?.token ?? "");
  form.append("message", JSON.stringify({ ...frame, type: "files" }));
  files.forEach((file) => form.append("files", file, file.name));
  const request = { method: "POST", body: form, credentials: "omit", signal: AbortSignal.timeout(UPLOAD_LIMIT_MS) };
  try {
    const response = await fetch(`${BASE}/chat/files`, request);
    const body = await response.json();
    if (response.ok) return { type: "received", ...body };
    return { type: "error", id: frame.id, ...refusalOf(response, body) };
  } catch {
    return { type: "error", id: frame.id, code: "unavailable", retry_after_s: 3 };
  }
}

function refusalOf(response, body) {
  const codes = { 401: "stale", 413: "too_large", 429: "rate_limited", 503: "unavailable" };
  const code = codes[response.status] ?? "invalid";
  const again = ["stale", "rate_limited", "unavailable"].includes(code);
  const wait = Number(response.headers.get("Retry-After")) || 3;
  return { code, detail: body.detail, ...(again && { retry_after_s: wait }) };
}
