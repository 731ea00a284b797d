// Messages on their way. Each is named (client_id) and kept in the browser before it is sent, so that neither a lost
// answer nor a reload loses or doubles it; they go out in the order in which they were written.
import { SignedOut, ask, elementsOf, swap } from "./fragments.js";
import { say } from "./live-line.js";
import { addressOf, me, newUuid, tell } from "./session.js";

const prefix = `parley:outbox:${me}:`;
const ANSWER_MS = 5000; // how long the line may take; then the same message goes by POST
const FOREIGN_MS = 15000; // another tab's message is left to it for so long
const ARRIVAL_MS = 1500; // sent, and still not on the page: something was lost
const FRAME_MAX_BYTES = 60000; // the line takes 64 KiB; a POST takes more
const BACKOFF_MS = [1000, 3000, 10000, 20000];

// Which tab an entry belongs to: the same after a reload.
function tabName() {
  try {
    const name = sessionStorage.getItem("parley:tab") ?? newUuid();
    sessionStorage.setItem("parley:tab", name);
    return name;
  } catch {
    return newUuid();
  }
}

class Outbox {
  constructor() {
    this.tab = tabName();
    this.entries = new Map(); // client_id -> entry, in written order
    this.answers = new Map(); // client_id -> what to call with the line's answer
    this.busy = new Set();
    this.tries = 0;
    document.addEventListener("parley:frame", (event) => this.heard(event.detail));
    document.addEventListener("parley:placed", (event) => this.placed(event.detail));
    document.addEventListener("parley:line", (event) => (event.detail.isOpen ? this.wake() : this.giveUpOnLine()));
    window.addEventListener("online", () => this.wake());
    window.addEventListener("storage", (event) => {
      if (event.key?.startsWith(prefix) && event.newValue === null) this.drop(event.key.slice(prefix.length));
    });
    this.adopt();
    setTimeout(() => this.wake(), FOREIGN_MS + 1000);
  }

  // --- What is kept --------------------------------------------------------------------------------------------

  of(conversation) {
    return [...this.entries.values()].filter((entry) => entry.conversation === conversation);
  }

  add(conversation, body) {
    const newest = Math.max(0, ...[...this.entries.values()].map((entry) => entry.at));
    const at = Math.max(Date.now(), newest + 1);
    const entry = { id: newUuid(), conversation, body, at, tab: this.tab, state: "pending", reason: "" };
    this.entries.set(entry.id, entry);
    this.keep(entry);
    this.changed(conversation);
    this.drain(conversation);
    return entry;
  }

  keep(entry) {
    try {
      localStorage.setItem(prefix + entry.id, JSON.stringify(entry));
    } catch {
      // A full storage: the entry lives as long as this page.
    }
  }

  forget(id) {
    try {
      localStorage.removeItem(prefix + id);
    } catch {
      // Nothing was kept.
    }
  }

  // Takes in what an earlier page, or a tab that is gone, left behind.
  adopt() {
    let found = [];
    try {
      found = Object.keys(localStorage).filter((key) => key.startsWith(prefix));
      found = found.map((key) => JSON.parse(localStorage.getItem(key)));
    } catch {
      return;
    }
    const old = Date.now() - FOREIGN_MS;
    const ours = found.filter((entry) => entry && (entry.tab === this.tab || entry.at < old));
    for (const entry of ours) if (!this.entries.has(entry.id)) this.entries.set(entry.id, entry);
    this.entries = new Map([...this.entries].sort(([, a], [, b]) => a.at - b.at));
    for (const conversation of new Set(ours.map((entry) => entry.conversation))) this.changed(conversation);
  }

  drop(id) {
    const entry = this.entries.get(id);
    this.answers.get(id)?.({ type: "sent" });
    if (!this.entries.delete(id)) return;
    this.changed(entry.conversation);
  }

  // The message stands on the page, or is known to be on the server: nothing is left to do.
  settle(id) {
    if (!this.entries.has(id)) return;
    this.forget(id);
    this.drop(id);
  }

  discard(id) {
    this.settle(id);
  }

  retry(id) {
    const entry = this.entries.get(id);
    if (entry) this.mark(entry, "pending");
    if (entry) this.drain(entry.conversation);
  }

  mark(entry, state, reason = "") {
    Object.assign(entry, { state, reason });
    if (this.entries.has(entry.id) && state !== "sent") this.keep(entry);
    this.changed(entry.conversation);
  }

  changed(conversation) {
    tell("outbox", { conversation });
  }

  // --- Sending -------------------------------------------------------------------------------------------------

  wake() {
    this.adopt();
    clearTimeout(this.timer);
    for (const conversation of new Set([...this.entries.values()].map((entry) => entry.conversation))) {
      this.drain(conversation);
    }
  }

  async drain(conversation) {
    if (this.busy.has(conversation)) return;
    this.busy.add(conversation);
    try {
      let entry;
      while ((entry = this.of(conversation).find(({ state }) => state === "pending"))) {
        if (await this.deliver(entry)) this.tries = 0;
        else return this.later();
      }
    } finally {
      this.busy.delete(conversation);
    }
  }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.wake(), BACKOFF_MS[Math.min(this.tries, BACKOFF_MS.length - 1)]);
    this.tries += 1;
  }

  // Returns whether the fate of the message is known: sent, or refused. If not, it stays and is tried again.
  async deliver(entry) {
    const answer = await this.byLine(entry);
    if (answer?.type === "sent") this.sent(entry);
    if (answer?.type === "refused") this.mark(entry, "failed", answer.reason);
    if (answer) return true;
    if (!this.entries.has(entry.id)) return true;
    try {
      return await this.byPost(entry);
    } catch (reason) {
      if (!(reason instanceof SignedOut)) this.changed(entry.conversation);
      return false;
    }
  }

  byLine(entry) {
    const frame = { type: "send", conversation: entry.conversation, client_id: entry.id, body: entry.body };
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.answers.get(entry.id)?.(null), ANSWER_MS);
      this.answers.set(entry.id, (answer) => {
        clearTimeout(timer);
        this.answers.delete(entry.id);
        resolve(answer);
      });
      const isTooBig = new TextEncoder().encode(JSON.stringify(frame)).length > FRAME_MAX_BYTES;
      if (isTooBig || !say(frame)) this.answers.get(entry.id)(null);
    });
  }

  giveUpOnLine() {
    for (const answer of [...this.answers.values()]) answer(null);
  }

  async byPost(entry) {
    const body = new URLSearchParams({ body: entry.body, client_id: entry.id });
    const answer = await ask(addressOf("messagesUrl", entry.conversation), { body });
    if (answer.ok) {
      this.sent(entry);
      const place = `#messages[data-conversation="${entry.conversation}"]`;
      await swap(`<hx-upsert hx-target='${place}' key="data-position" sort>${answer.text}</hx-upsert>`);
    } else if (answer.status >= 500 || answer.status === 429) {
      return false;
    } else {
      const reason = elementsOf(answer.text).querySelector(".errors li")?.textContent;
      this.mark(entry, "failed", reason ?? "The server refused this message.");
    }
    return true;
  }

  sent(entry) {
    if (!this.entries.has(entry.id)) return;
    this.forget(entry.id);
    this.mark(entry, "sent");
    setTimeout(() => {
      if (this.entries.has(entry.id)) tell("missing", { conversation: entry.conversation });
    }, ARRIVAL_MS);
    setTimeout(() => this.drop(entry.id), 10 * ARRIVAL_MS);
  }

  heard(frame) {
    if (frame.type === "sent" || frame.type === "refused") this.answers.get(frame.client_id)?.(frame);
  }

  placed(frame) {
    if (frame.type === "message" && frame.sender === me && frame.client_id) this.settle(frame.client_id);
  }
}

export const outbox = new Outbox();
