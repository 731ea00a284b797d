// The list of conversations: it moves by itself, and is fetched anew whenever the line was down.
import { draftOf } from "./drafts.js";
import { ask, elementsOf } from "./fragments.js";
import { NO_ID, me, tell } from "./session.js";

const UNREAD_SHOWN = 99;

class InboxList extends HTMLElement {
  connectedCallback() {
    this.heardOf = new Map(); // conversation -> the newest version that a frame told of
    this.fetching = new Map();
    this.going = new AbortController();
    const on = (target, name, doing) => target.addEventListener(name, doing, { signal: this.going.signal });
    on(document, "parley:placed", (event) => this.heard(event.detail));
    on(document, "parley:line", (event) => event.detail.isOpen && this.refresh());
    on(document, "parley:read", ({ detail }) => this.read(detail.conversation, detail.position));
    on(document, "parley:draft", (event) => this.markDraft(this.row(event.detail.conversation)));
    on(document, "htmx:after:swap", () => this.mark());
    on(document, "htmx:after:history:update", () => this.markCurrent());
    on(window, "storage", () => this.rows.forEach((row) => this.markDraft(row)));
    this.mark();
  }

  disconnectedCallback() {
    this.going.abort();
  }

  get list() {
    return this.querySelector("#inbox");
  }

  get rows() {
    return [...this.querySelectorAll(".row")];
  }

  row(conversation) {
    return document.getElementById(`conversation-${conversation}`);
  }

  conversationOf(row) {
    return row.id.replace("conversation-", "");
  }

  // --- What frames tell ----------------------------------------------------------------------------------------

  heard(frame) {
    if (!frame.conversation) return;
    if (frame.version) {
      this.heardOf.set(frame.conversation, Math.max(frame.version, this.heardOf.get(frame.conversation) ?? 0));
    }
    const row = this.row(frame.conversation);
    if (frame.type === "message") this.message(row, frame);
    else if (frame.type === "read" && row) this.read(frame.conversation, frame.position, true);
    else if (frame.type === "inbox") this.fetchRow(frame.conversation);
    else if (frame.type === "participants") this.participants(row, frame);
    else if (frame.type === "stale" && frame.version > Number(row?.dataset.version ?? 0)) {
      this.fetchRow(frame.conversation);
    }
  }

  message(row, frame) {
    if (!row || frame.version > Number(row.dataset.version) + 1) {
      this.fetchRow(frame.conversation);
      return;
    }
    if (frame.position <= Number(row.dataset.position)) return;
    Object.assign(row.dataset, { version: frame.version, position: frame.position, activity: frame.activity });
    const isNew = frame.countable && frame.sender !== me && frame.position > Number(row.dataset.read);
    if (isNew) this.showUnread(row, Number(row.dataset.unread) + 1);
    this.place(row);
  }

  participants(row, frame) {
    if (frame.left.includes(me)) row?.remove();
    else if (!row || frame.joined.includes(me)) this.fetchRow(frame.conversation);
    else if (frame.version > Number(row.dataset.version)) this.fetchRow(frame.conversation);
    this.showTotal();
  }

  // A count that the server made before the newest message was written would hide that one: so it is asked again.
  read(conversation, position, isElsewhere = false) {
    const row = this.row(conversation);
    if (!row) return;
    row.dataset.read = Math.max(position, Number(row.dataset.read));
    if (Number(row.dataset.read) >= Number(row.dataset.position)) this.showUnread(row, 0);
    else if (isElsewhere) this.fetchRow(conversation);
  }

  // --- What the server tells -----------------------------------------------------------------------------------

  async fetchRow(conversation) {
    const earlier = this.fetching.get(conversation);
    if (earlier) {
      earlier.again = true;
      return;
    }
    const turn = { again: false };
    this.fetching.set(conversation, turn);
    try {
      const answer = await ask(this.dataset.rowUrl.replace(NO_ID, conversation), { signal: this.going.signal });
      this.row(conversation)?.remove();
      const row = answer.ok ? elementsOf(answer.text).querySelector(".row") : null;
      if (row) this.place(row);
      if (row) htmx.process(row);
      this.mark();
      turn.again ||= row && this.isBehind(row);
    } catch {
      turn.again = false; // the list is fetched when the line is back
    }
    this.fetching.delete(conversation);
    if (turn.again) this.fetchRow(conversation);
  }

  async refresh() {
    let answer;
    try {
      answer = await ask(this.dataset.url, { target: "ol#inbox", signal: this.going.signal });
    } catch {
      return;
    }
    const list = elementsOf(answer.text).querySelector("#inbox");
    if (!answer.ok || !list) return;
    const focused = document.activeElement?.closest?.(".row")?.id;
    this.list.replaceChildren(...list.children);
    htmx.process(this.list);
    if (focused) document.getElementById(focused)?.querySelector("a").focus({ preventScroll: true });
    this.mark();
    for (const row of this.rows) if (this.isBehind(row)) this.fetchRow(this.conversationOf(row));
  }

  isBehind(row) {
    return (this.heardOf.get(this.conversationOf(row)) ?? 0) > Number(row.dataset.version);
  }

  // --- What is shown -------------------------------------------------------------------------------------------

  // Newest first; a row that stands right already is not touched, so that nothing loses the focus.
  place(row) {
    this.querySelector(".rows-empty")?.remove();
    const activity = Number(row.dataset.activity);
    const others = this.rows.filter((other) => other !== row);
    const next = others.find((other) => Number(other.dataset.activity) <= activity) ?? this.querySelector(".rows-more");
    if (row.isConnected && row.nextElementSibling === next) return;
    const hadFocus = row.contains(document.activeElement);
    this.list.insertBefore(row, next ?? null);
    if (hadFocus) row.querySelector("a").focus({ preventScroll: true });
  }

  showUnread(row, count) {
    row.dataset.unread = count;
    row.querySelector(".row-badge").hidden = !count;
    row.querySelector(".row-count").textContent = count > UNREAD_SHOWN ? `${UNREAD_SHOWN}+` : count;
    this.showTotal();
  }

  showTotal() {
    tell("unread", { total: this.rows.reduce((sum, row) => sum + Number(row.dataset.unread), 0) });
  }

  mark() {
    this.rows.forEach((row) => this.markDraft(row));
    this.markCurrent();
    this.showTotal();
  }

  markCurrent() {
    for (const row of this.rows) {
      const link = row.querySelector("a");
      if (location.pathname.startsWith(link.pathname)) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
  }

  markDraft(row) {
    const mark = row?.querySelector(".row-draft");
    const isOpen = row?.querySelector("[aria-current]");
    if (mark) mark.hidden = Boolean(isOpen) || !draftOf(this.conversationOf(row));
  }
}

customElements.define("inbox-list", InboxList);
