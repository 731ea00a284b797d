// Asking the server for parts of a page, and putting them in place.
import { addressOf, csrfToken, tell } from "./session.js";

const TIMEOUT_MS = 15000;

export class SignedOut extends Error {}

// Returns the answer with its text read. Throws SignedOut when it is the sign-in page, TypeError without a network.
export async function ask(url, { target = "", body = null, signal = null, etag = null } = {}) {
  const headers = { "HX-Request": "true", "HX-Target": target };
  if (etag !== null) headers["If-None-Match"] = `"${etag}"`;
  if (body) headers["X-CSRFToken"] = csrfToken();
  const going = new AbortController();
  const timer = setTimeout(() => going.abort(), TIMEOUT_MS);
  signal?.addEventListener("abort", () => going.abort());
  try {
    const response = await fetch(url, {
      method: body ? "POST" : "GET",
      headers,
      body,
      credentials: "same-origin",
      signal: going.signal,
    });
    if (response.redirected && new URL(response.url).pathname === addressOf("loginUrl")) {
      tell("signed-out");
      throw new SignedOut();
    }
    return { url: response.url, status: response.status, ok: response.ok, headers: response.headers, text: await response.text() };
  } finally {
    clearTimeout(timer);
  }
}

export function elementsOf(html) {
  const holder = document.createElement("template");
  holder.innerHTML = html;
  return holder.content;
}

export function swap(text, target = "body", style = "none") {
  return htmx.swap({ sourceElement: document.body, target, swap: `${style} swapEmpty:false`, text, transition: false });
}
