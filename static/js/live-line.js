// The line to the server: one socket for the page (held by htmx), its heartbeat, and the bar that says when it is down.
import { tell } from "./session.js";

const NEVER_AGAIN = {
  4401: "You are signed out. What you typed is kept.",
  4403: "This page was opened from an address that the server does not know. Open it from its own address.",
};
const CODES = Array.from({ length: 4000 }, (_, n) => 1000 + n).filter((code) => !(code in NEVER_AGAIN));
const HEARTBEAT_MS = 25000;
const PATIENCE_MS = 10000;
const ACK_FRAMES = 50;
const ACK_MS = 2000;
const SILENT_MS = 2000; // shorter interruptions are nobody's business

// Sends a frame if the line is open; returns whether it was.
export function say(frame) {
  return document.querySelector("live-line")?.say(frame) ?? false;
}

export function isOpen() {
  return document.querySelector("live-line")?.isOpen ?? false;
}

class LiveLine extends HTMLElement {
  connectedCallback() {
    this.notice = this.querySelector(".line-notice");
    this.isOpen = this.hasEnded = false;
    this.connections = 0;
    this.frames = new WeakMap();
    this.going = new AbortController();
    const on = (target, name, doing) => target.addEventListener(name, doing, { signal: this.going.signal });
    on(this, "htmx:ws:after:connection", () => this.opened());
    on(this, "htmx:ws:before:message:incoming", (event) => this.received(event.detail.message));
    on(this, "htmx:ws:after:message:incoming", (event) => tell("placed", this.frames.get(event.detail.message)));
    on(this, "htmx:ws:close", (event) => this.closed(event.detail.code));
    on(document, "parley:signed-out", () => this.end(4401));
    on(document, "parley:notice", (event) => this.show(event.detail.text, 6000));
    on(document, "visibilitychange", () => document.hidden || this.hurry());
    on(window, "online", () => this.hurry());
    this.heartbeat = setInterval(() => this.beat(), HEARTBEAT_MS);
    htmx.config.ws = { ...htmx.config.ws, reconnectCodes: CODES };
    this.setAttribute("hx-ws:connect", this.dataset.url);
    this.waitBeforeNotice();
    htmx.process(this);
  }

  disconnectedCallback() {
    this.going.abort();
    clearInterval(this.heartbeat);
    clearTimeout(this.noticeTimer);
    clearTimeout(this.ackTimer);
  }

  get socket() {
    return this._htmx?.ws?.connection?.socket;
  }

  say(frame) {
    if (this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(frame));
    return true;
  }

  opened() {
    this.isOpen = true;
    this.count = this.acknowledged = 0;
    this.connections += 1;
    clearTimeout(this.noticeTimer);
    this.show("");
    tell("line", { isOpen: true, isAgain: this.connections > 1 });
  }

  closed(code) {
    const wasOpen = this.isOpen;
    this.isOpen = false;
    clearTimeout(this.ackTimer);
    if (code in NEVER_AGAIN) this.end(code);
    else if (wasOpen) this.waitBeforeNotice();
    if (wasOpen) tell("line", { isOpen: false });
  }

  received(message) {
    this.heardAt = Date.now();
    this.count += 1;
    let frame;
    try {
      frame = JSON.parse(message.data);
    } catch {
      return;
    }
    this.frames.set(message, frame);
    if (this.count - this.acknowledged >= ACK_FRAMES) this.acknowledge();
    else if (frame.type !== "pong") {
      clearTimeout(this.ackTimer);
      this.ackTimer = setTimeout(() => this.acknowledge(), ACK_MS);
    }
    tell("frame", frame);
  }

  acknowledge() {
    clearTimeout(this.ackTimer);
    if (this.say({ type: "ack", received: this.count })) this.acknowledged = this.count;
  }

  // A network that went away says nothing: no answer to a ping is how the page learns of it.
  beat() {
    const askedAt = Date.now();
    if (!this.say({ type: "ping" })) return;
    setTimeout(() => this.isOpen && !(this.heardAt >= askedAt) && this.restart(), PATIENCE_MS);
  }

  hurry() {
    if (this.hasEnded) return;
    if (this.isOpen) this.beat();
    else if (this.socket?.readyState !== WebSocket.CONNECTING) this.restart();
  }

  restart() {
    htmx.process(this, true);
  }

  end(code) {
    if (this.hasEnded) return;
    this.hasEnded = true;
    clearTimeout(this.noticeTimer);
    this.show(NEVER_AGAIN[code]);
    if (code !== 4401) return;
    const link = document.createElement("a");
    link.href = `${this.dataset.loginUrl}?next=${encodeURIComponent(location.pathname)}`;
    link.textContent = "Sign in again";
    this.notice.append(" ", link);
  }

  waitBeforeNotice() {
    clearTimeout(this.noticeTimer);
    this.noticeTimer = setTimeout(() => this.show("Connecting…"), SILENT_MS);
  }

  show(text, during_ms = 0) {
    if (this.hasEnded && during_ms) return;
    this.notice.textContent = text;
    if (during_ms) setTimeout(() => this.notice.textContent === text && this.show(""), during_ms);
  }
}

customElements.define("live-line", LiveLine);
