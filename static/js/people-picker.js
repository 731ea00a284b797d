// Choosing people by typing: arrows and Enter add, Backspace removes the last. The server finds and draws; without
// this script the same form does it page by page.
import { draftOf, keepDraft } from "./drafts.js";
import { ask, swap } from "./fragments.js";
import { addressOf } from "./session.js";

const PAUSE_MS = 120;

class PeoplePicker extends HTMLElement {
  connectedCallback() {
    this.field = this.querySelector("#picker-q");
    this.body = this.querySelector("[name=body]");
    this.going = new AbortController();
    const on = (target, name, doing) => target.addEventListener(name, doing, { signal: this.going.signal });
    on(this.field, "input", () => this.findSoon());
    on(this.field, "keydown", (event) => this.pressed(event));
    on(this.querySelector("#picker"), "submit", (event) => this.chosen(event));
    on(this.body, "input", () => keepDraft("new", this.body.value));
    on(this.querySelector("#start"), "htmx:after:request", (event) => this.started(event.detail.ctx.response.raw));
    this.body.value ||= draftOf("new");
    this.field.setAttribute("role", "combobox");
    this.field.setAttribute("aria-expanded", "true");
    this.field.setAttribute("aria-controls", "picker-list");
    this.field.setAttribute("aria-autocomplete", "list");
    this.drawn();
    if (matchMedia("(hover: hover) and (pointer: fine)").matches) this.field.focus({ preventScroll: true });
  }

  disconnectedCallback() {
    this.going.abort();
    this.search?.abort();
    clearTimeout(this.timer);
  }

  // Only now is the first message on the server.
  started(response) {
    const wasStarted = response.ok && response.redirected && new URL(response.url).pathname !== addressOf("loginUrl");
    if (wasStarted) keepDraft("new", "");
  }

  get options() {
    return [...this.querySelectorAll("#picker-list button")];
  }

  get people() {
    return [...this.querySelectorAll("#picker-to [name=to]")].map((input) => input.value);
  }

  drawn() {
    this.querySelector("#picker-list").setAttribute("role", "listbox");
    for (const option of this.options) {
      option.setAttribute("role", "option");
      option.parentElement.setAttribute("role", "presentation");
    }
    this.choose(this.field.value.trim() ? 0 : -1);
  }

  choose(index) {
    const { options } = this;
    this.chosenIndex = Math.min(index, options.length - 1);
    options.forEach((option, at) => option.setAttribute("aria-selected", String(at === this.chosenIndex)));
    const option = options[this.chosenIndex];
    if (option) this.field.setAttribute("aria-activedescendant", option.id);
    else this.field.removeAttribute("aria-activedescendant");
    option?.scrollIntoView({ block: "nearest" });
  }

  pressed(event) {
    if (event.isComposing || event.keyCode === 229) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      this.choose(Math.max(this.chosenIndex + step, 0));
    } else if (event.key === "Enter") {
      event.preventDefault();
      this.entered();
    } else if (event.key === "Backspace" && !this.field.value && this.people.length) {
      event.preventDefault();
      this.draw(this.people.slice(0, -1));
    }
  }

  // What was typed last may not be found yet: then Enter waits for it.
  async entered() {
    if (this.timer) await this.draw(this.people, { isTyping: true });
    const option = this.options[this.chosenIndex];
    if (option) this.add(option.value);
    else if (this.people.length && !this.field.value.trim()) this.body.focus();
  }

  chosen(event) {
    event.preventDefault();
    const button = event.submitter;
    if (button?.name === "to") this.add(button.value);
    if (button?.name === "without") this.draw(this.people.filter((one) => one !== button.value));
  }

  add(person) {
    this.field.value = "";
    this.draw([...this.people, person]);
  }

  findSoon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.draw(this.people, { isTyping: true }), PAUSE_MS);
  }

  async draw(people, { isTyping = false } = {}) {
    clearTimeout(this.timer);
    this.timer = null;
    this.search?.abort();
    this.search = new AbortController();
    const query = new URLSearchParams([["q", this.field.value.trim()], ...people.map((one) => ["to", one])]);
    try {
      const answer = await ask(`${this.dataset.url}?${query}`, {
        target: "div#picker-results",
        signal: this.search.signal,
      });
      await swap(answer.text, "#picker-results", "innerHTML");
    } catch {
      return;
    }
    this.drawn();
    const isElsewhere = this.querySelector("#start").contains(document.activeElement);
    if (!isTyping && !isElsewhere) this.field.focus({ preventScroll: true });
  }
}

customElements.define("people-picker", PeoplePicker);
