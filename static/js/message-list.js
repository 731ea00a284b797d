// The messages of the conversation on this page: in place, complete, and read when they are seen.
import { ask, elementsOf, swap } from "./fragments.js";
import { say } from "./live-line.js";
import { arrange, newLineBefore, nextOf } from "./message-arrangement.js";
import { Changes, GAP_MS } from "./message-changes.js";
import { outbox } from "./outbox.js";
import { me, tell } from "./session.js";

const NEAR_END_PX = 48;
const NEAR_START_PX = 600;
const ABOVE_LINE_PX = 48;
const RETRY_MS = 3000;
const READ_MS = 250;

class MessageList extends HTMLElement {
  connectedCallback() {
    if (this.dataset.before) {
      location.replace(this.dataset.pageUrl); // that page is for browsers without scripts
      return;
    }
    this.scroller = this.querySelector(".scroller");
    this.messages = this.querySelector("#messages");
    this.jump = this.querySelector(".jump");
    this.changes = new Changes(this);
    this.missed = 0;
    this.readUpTo = Number(this.messages.dataset.read);
    this.isPinned = false;
    this.start();
    this.oldest = this.position(this.articles[0]) || 1;
    this.articles.forEach(arrange);
    this.observer = new MutationObserver((records) => this.changed(records));
    this.observer.observe(this.messages, { childList: true });
    this.sizes = new ResizeObserver(() => this.isPinned && this.toEnd());
    this.sizes.observe(this.scroller);
    this.showFirst();
    this.open();
  }

  start() {
    this.going = new AbortController();
    const on = (target, name, doing, options) =>
      target.addEventListener(name, doing, { signal: this.going.signal, ...options });
    on(document, "parley:placed", (event) => this.heard(event.detail));
    on(document, "parley:line", (event) => event.detail.isOpen && this.open(event.detail.isAgain));
    on(document, "parley:missing", (event) => event.detail.conversation === this.conversation && this.changes.repair());
    on(document, "parley:midnight", () => this.articles.forEach(arrange));
    on(document, "visibilitychange", () => (document.hidden ? this.turnedAway() : this.seen()));
    on(this, "parley:written", () => this.toEnd());
    on(this, "parley:grown", () => this.isPinned && this.toEnd());
    on(this.scroller, "scroll", () => this.scrolled(), { passive: true });
    on(this.jump, "click", () => this.toEnd("smooth"));
  }

  disconnectedCallback() {
    this.going?.abort();
    this.observer?.disconnect();
    this.sizes?.disconnect();
    this.changes?.stop();
    clearTimeout(this.readTimer);
    if (!document.querySelector("message-list")) say({ type: "open", conversation: null });
  }

  get conversation() {
    return this.dataset.conversation;
  }

  get articles() {
    return [...this.messages.querySelectorAll(":scope > article")];
  }

  position(article) {
    return Number(article?.dataset.position ?? 0);
  }

  // --- Complete ------------------------------------------------------------------------------------------------

  open(isAgain = false) {
    const { conversation, changes } = this;
    if (say({ type: "open", conversation, version: changes.version }) && isAgain) changes.repair();
    this.seen();
  }

  heard(frame) {
    if (frame.conversation !== this.conversation) return;
    if (frame.type === "participants" && [...frame.joined, ...frame.left].includes(me)) this.reload();
    else if (frame.type === "stale" || frame.type === "participants") {
      this.changes.repairIn(frame.type === "stale" ? 0 : GAP_MS, frame.version);
    }
  }

  // The page of this conversation anew, in place; what is typed is kept as a draft.
  async reload() {
    const answer = await ask(this.dataset.pageUrl, { target: "main#main", signal: this.going.signal });
    // A conversation that waited may have become part of another one.
    const { pathname } = new URL(answer.url);
    if (answer.ok && pathname !== this.dataset.pageUrl) history.replaceState(history.state, "", pathname);
    if (answer.ok) await swap(answer.text, "#main", "outerHTML");
    else location.assign("/");
  }

  // --- In place ------------------------------------------------------------------------------------------------

  // What stands in the list since the observer last told.
  notice() {
    this.changed(this.observer.takeRecords());
  }

  changed(records) {
    const added = records.flatMap((record) => [...record.addedNodes]).filter((node) => node.tagName === "ARTICLE");
    const fresh = added.filter((article) => article.isConnected);
    if (!fresh.length) return;
    const replaced = new Set(records.flatMap((record) => [...record.removedNodes]).map((node) => node.id));
    for (const article of fresh) {
      const isTooOld = this.position(article) < this.oldest;
      if (isTooOld) article.remove(); // changed, but further up than this page goes
      this.changes.reached(Number(article.dataset.version));
      if (isTooOld) continue;
      arrange(article);
      if (nextOf(article)) arrange(nextOf(article));
      if (article.classList.contains("mine") && article.dataset.clientId) outbox.settle(article.dataset.clientId);
    }
    this.querySelector(".thread-empty")?.remove();
    this.announce(fresh.filter((article) => !replaced.has(article.id)));
  }

  announce(fresh) {
    const first = fresh.find((article) => article.dataset.kind === "text" && !article.classList.contains("mine"));
    if (first && document.hidden && !this.isMarked) this.markNew(first);
    if (this.isPinned) this.toEnd();
    else {
      const newest = this.newestSeen ?? 0;
      const others = fresh.filter((article) => article.dataset.kind === "text" && !article.classList.contains("mine"));
      this.missed += others.filter((article) => this.position(article) > newest).length;
      this.showJump();
    }
    this.newestSeen = Math.max(this.newestSeen ?? 0, this.position(this.articles.at(-1)));
    this.seen();
  }

  // What comes while nobody looks stands below a line of its own.
  turnedAway() {
    this.isMarked = false;
  }

  markNew(article) {
    this.isMarked = true;
    this.querySelector(".new-line")?.remove();
    newLineBefore(article);
    arrange(article);
  }

  async loadOlder() {
    if (this.isLoading || this.oldest <= 1) return;
    this.isLoading = true;
    try {
      const answer = await ask(`${this.dataset.messagesUrl}?before=${this.oldest}`, { signal: this.going.signal });
      if (answer.ok) this.keepPlace(() => this.prepend(elementsOf(answer.text)));
      this.isLoading = false;
      this.loadIfNear();
    } catch {
      setTimeout(() => (this.isLoading = false), RETRY_MS);
    }
  }

  prepend(older) {
    this.messages.setAttribute("aria-live", "off"); // old news is not announced
    setTimeout(() => this.messages.setAttribute("aria-live", "polite"), 1000);
    this.oldest = this.position(older.querySelector("article")) || 1;
    this.messages.prepend(older);
    for (const article of this.articles) if (this.position(article) <= this.oldest + 51) arrange(article);
    this.observer.takeRecords();
    this.placeNewLine();
    const link = this.querySelector(".older a");
    if (this.oldest <= 1) link?.remove();
    else if (link) link.search = `?before=${this.oldest}`;
  }

  placeNewLine() {
    const from = Number(this.messages.dataset.unreadFrom ?? 0);
    if (!from || this.querySelector(".new-line") || this.oldest > from) return;
    const first = this.articles.find((article) => this.position(article) >= from);
    if (first) newLineBefore(first);
  }

  keepPlace(change) {
    const top = this.scroller.getBoundingClientRect().top;
    const anchor = this.articles.find((article) => article.getBoundingClientRect().bottom > top);
    const before = anchor?.getBoundingClientRect().top ?? 0;
    change();
    this.scroller.scrollTop += (anchor?.getBoundingClientRect().top ?? 0) - before;
  }

  // --- Seen ----------------------------------------------------------------------------------------------------

  showFirst() {
    const line = this.querySelector(".new-line");
    this.scroller.scrollTop = this.scroller.scrollHeight;
    const top = this.scroller.getBoundingClientRect().top + ABOVE_LINE_PX;
    if (line) this.scroller.scrollTop += line.getBoundingClientRect().top - top;
    this.newestSeen = this.position(this.articles.at(-1));
    this.scrolled();
    if (!this.isPinned && line) this.missed = this.articles.filter((article) => this.isMissed(article)).length;
    this.showJump();
  }

  isMissed(article) {
    const from = Number(this.messages.dataset.unreadFrom ?? Infinity);
    return this.position(article) >= from && article.dataset.kind === "text" && article.dataset.sender !== me;
  }

  scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    this.isPinned = scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
    if (this.isPinned) this.missed = 0;
    this.showJump();
    this.loadIfNear();
    this.seen();
  }

  loadIfNear() {
    if (this.scroller.scrollTop < NEAR_START_PX) this.loadOlder();
  }

  toEnd(wanted = "instant") {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    const isFar = scrollHeight - scrollTop > 4 * clientHeight;
    const behavior = isFar || matchMedia("(prefers-reduced-motion: reduce)").matches ? "instant" : wanted;
    this.scroller.scrollTo({ top: scrollHeight, behavior });
  }

  showJump() {
    this.jump.hidden = this.isPinned;
    this.jump.querySelector(".jump-count").textContent = this.missed ? (this.missed > 99 ? "99+" : this.missed) : "";
  }

  seen() {
    const newest = this.position(this.articles.at(-1));
    if (document.hidden || !this.isPinned || newest <= this.readUpTo) return;
    this.readUpTo = newest;
    tell("read", { conversation: this.conversation, position: newest });
    clearTimeout(this.readTimer);
    this.readTimer = setTimeout(() => this.read(newest), READ_MS);
  }

  read(position) {
    if (say({ type: "read", conversation: this.conversation, position })) return;
    const body = new URLSearchParams({ position });
    ask(this.dataset.readUrl, { body }).catch(() => (this.readUpTo = 0));
  }
}

customElements.define("message-list", MessageList);
