// The list of contacts: arrows go through it, "/" and Escape lead to its search, and it is drawn anew after every change.
import { ask, elementsOf } from "../fragments.js";

const SYNC_SHOWN_EVERY_MS = 2000;
const TYPING = "input, textarea, select, [contenteditable]";

class BookList extends HTMLElement {
  connectedCallback() {
    this.going = new AbortController();
    const on = (target, name, doing) => target.addEventListener(name, doing, { signal: this.going.signal });
    on(document, "keydown", (event) => this.pressed(event));
    on(document, "htmx:after:swap", (event) => this.swapped(event.detail.ctx));
    on(document, "htmx:after:history:update", () => this.markCurrent());
    on(document, "parley:frame", (event) => this.heard(event.detail));
    on(document, "parley:book-changed", () => this.refresh());
    this.markCurrent();
  }

  disconnectedCallback() {
    this.going.abort();
  }

  get field() {
    return this.querySelector("#book-q");
  }

  get book() {
    return this.querySelector("#book");
  }

  get links() {
    return [...this.querySelectorAll("#parties a")];
  }

  swapped(ctx) {
    this.keepOnce();
    this.markCurrent();
    this.tellFound();
    if (ctx?.target?.id === "main" && ctx.request?.method === "POST") this.refresh();
  }

  // Contacts of a first sync come in one after the other.
  heard(frame) {
    if (frame.type !== "sync_progress") return;
    const now = Date.now();
    if (frame.running && now - (this.refreshedAt ?? 0) < SYNC_SHOWN_EVERY_MS) return;
    this.refreshedAt = now;
    this.refresh();
  }

  // One drawing at a time: what is heard meanwhile is seen by the next one.
  async refresh() {
    this.isStale = true;
    if (this.isDrawing) return;
    this.isDrawing = true;
    while (this.isStale && !this.going.signal.aborted) {
      this.isStale = false;
      await this.redraw();
    }
    this.isDrawing = false;
  }

  async redraw() {
    const asked = this.book.dataset.url;
    let book;
    try {
      book = await this.drawnAnew(asked, this.querySelectorAll("#parties > .row").length);
    } catch {
      return;
    }
    if (asked !== this.book.dataset.url) return; // a search that came between wins
    const focused = this.book.contains(document.activeElement) && document.activeElement.closest(".row")?.id;
    this.book.replaceChildren(...book.childNodes);
    htmx.process(this.book);
    if (focused) document.getElementById(focused)?.querySelector("a").focus({ preventScroll: true });
    this.markCurrent();
  }

  // As many rows as are shown, so that nothing moves under the reader; the server gives a long list in parts.
  async drawnAnew(address, wanted) {
    const book = (await this.part(address, "div#book", wanted)).querySelector("#book");
    for (;;) {
      const missing = wanted - book.querySelectorAll(".row").length;
      const more = book.querySelector("#book-more");
      if (missing <= 0 || !more) return book;
      more.replaceWith(await this.part(more.querySelector("a").getAttribute("href"), "li#book-more", missing));
    }
  }

  async part(address, target, rows) {
    const url = new URL(address, location.href);
    url.searchParams.set("rows", rows);
    const answer = await ask(url.href, { target, signal: this.going.signal });
    if (!answer.ok) throw new Error(answer.status);
    return elementsOf(answer.text);
  }

  // A contact that was renamed while one scrolled comes once more, at its new place.
  keepOnce() {
    const rows = new Map();
    for (const row of this.querySelectorAll("#parties > .row")) {
      rows.get(row.id)?.remove();
      rows.set(row.id, row);
    }
  }

  // The line stays when the list is drawn anew: of a new one screen readers would say nothing.
  tellFound() {
    const line = this.querySelector(".book-found");
    const { found } = this.book.dataset;
    if (line.textContent !== found) line.textContent = found;
  }

  markCurrent() {
    for (const link of this.querySelectorAll(".book-row[aria-current]")) link.removeAttribute("aria-current");
    const row = document.getElementById(`party-${location.pathname.split("/")[2]}`);
    row?.querySelector(".book-row").setAttribute("aria-current", "page");
  }

  pressed(event) {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "/" && !event.target.closest(TYPING) && this.checkVisibility()) {
      event.preventDefault();
      this.field.focus();
      this.field.select();
      return;
    }
    if (event.target.tagName === "SELECT" || !this.contains(event.target)) return;
    if (event.key === "Escape") this.leave(event);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    const { links } = this;
    const at = links.indexOf(event.target);
    if (at < 0 && (event.target !== this.field || step < 0)) return;
    event.preventDefault();
    (links[at + step] ?? (step < 0 ? this.field : links[at]))?.focus();
  }

  // From the list to its search, and from there to the whole list.
  leave(event) {
    const { field } = this;
    if (event.target !== field) {
      field.focus();
    } else if (field.value) {
      event.preventDefault(); // some browsers empty it themselves
      field.value = "";
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
  }
}

customElements.define("book-list", BookList);
