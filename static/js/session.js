// Who reads this page, and what a request of theirs must carry.
export const me = document.documentElement.dataset.me ?? "";
export const NO_ID = "0".repeat(16);
export const timeZone = document.documentElement.dataset.timeZone || undefined;

// The cookie, not the page, has the token of now: a sign-in in another tab changes it.
export function csrfToken() {
  const cookie = document.cookie.match(/(?:^|; )(?:__Host-|__Secure-)?csrftoken=([^;]+)/);
  return cookie ? cookie[1] : document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";
}

// An address of this server, with the id of a conversation put in where the template left room for one.
export function addressOf(name, conversation = "") {
  const line = document.querySelector("live-line");
  return (line?.dataset[name] ?? "").replace(NO_ID, conversation);
}

export function tell(name, detail = {}) {
  document.dispatchEvent(new CustomEvent(`parley:${name}`, { detail }));
}

// randomUUID exists only on https and localhost.
export function newUuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
