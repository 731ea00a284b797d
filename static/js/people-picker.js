// Choosing people by typing: a combobox after the WAI-ARIA Authoring Practices. The server finds and draws; without
// this script the same forms do it page by page. What changes the choice happens one after the other, in the order of
// the keys, so that who types fast gets what they typed and not what was shown before.
import { draftOf, keepDraft } from "./drafts.js";
import { ask, elementsOf } from "./fragments.js";
import { addressOf } from "./session.js";

const PAUSE_MS = 100;
const SEVERAL = /[,;\n\t]/;
const IS_ADDRESS = /@|^[\s\d()+./-]*(?:\d[\s()+./-]*){6,}$/;
const CERTAIN = "[name=to]:not([data-doubtful])"; // the others are chosen by hand, and never by Enter alone
let pickers = 0;

class PeoplePicker extends HTMLElement {
  connectedCallback() {
    this.ids = `picker${(pickers += 1)}`;
    this.field = this.querySelector(".picker-field");
    this.results = this.querySelector(".picker-results");
    this.status = this.querySelector(".picker-status");
    [this.searchForm, this.startForm] = this.querySelectorAll("form");
    this.body = this.querySelector("[name=body]");
    this.work = Promise.resolve();
    this.waiting = 0; // how much of it is not done
    this.going = new AbortController();
    const on = (target, name, doing) => target.addEventListener(name, doing, { signal: this.going.signal });
    on(this.field, "input", () => this.typed());
    on(this.field, "keydown", (event) => this.pressed(event));
    on(this.field, "paste", (event) => this.pasted(event));
    // On its way down, before htmx hears of it.
    this.addEventListener("submit", (event) => this.submitted(event), { capture: true, signal: this.going.signal });
    on(this.results, "mousedown", (event) => event.target.closest("a, button") && event.preventDefault());
    this.isOpen = "isOpen" in this.dataset;
    this.shownFor = this.field.value.trim();
    this.setUp();
    if (this.body) this.keepBody(on);
    if ("isQuick" in this.dataset) this.change(() => this.names);
    else if (this.body && matchMedia("(hover: hover) and (pointer: fine)").matches) {
      this.field.focus({ preventScroll: true });
    }
  }

  disconnectedCallback() {
    this.going.abort();
    clearTimeout(this.timer);
  }

  setUp() {
    this.field.setAttribute("role", "combobox");
    this.field.setAttribute("aria-autocomplete", "list");
    this.field.removeAttribute("maxlength");
    this.drawn();
  }

  // Only when it was started is the first message on the server.
  keepBody(on) {
    on(this.body, "input", () => keepDraft("new", this.body.value));
    on(this.startForm, "htmx:after:request", (event) => {
      const response = event.detail.ctx.response.raw;
      const isSignIn = new URL(response.url).pathname === addressOf("loginUrl");
      if (response.ok && response.redirected && !isSignIn) keepDraft("new", "");
    });
    this.body.value ||= draftOf("new");
  }

  get options() {
    return [...this.results.querySelectorAll("[role=option]")];
  }

  get names() {
    return [...this.startForm.querySelectorAll("[name=to]")].map((input) => input.value);
  }

  get text() {
    return this.field.value.trim();
  }

  // --- The list ------------------------------------------------------------------------------------------------

  drawn() {
    const list = this.results.querySelector(".found");
    if (list) Object.assign(list, { id: `${this.ids}-list`, role: "listbox" });
    list?.querySelectorAll(".person-row").forEach((option, at) => {
      Object.assign(option, { id: `${this.ids}-option-${at}`, role: "option", tabIndex: -1 });
      option.parentElement.role = "presentation";
    });
    const first = this.options.findIndex((option) => option.matches(CERTAIN));
    this.show(this.isOpen, this.text ? first : -1);
  }

  // at: which option is active, -1 for none.
  show(isOpen, at = -1) {
    const { options } = this;
    this.isOpen = isOpen;
    this.activeAt = isOpen ? Math.min(at, options.length - 1) : -1;
    this.results.hidden = !isOpen;
    this.field.setAttribute("aria-expanded", String(isOpen && options.length > 0));
    if (options.length) this.field.setAttribute("aria-controls", `${this.ids}-list`);
    else this.field.removeAttribute("aria-controls");
    options.forEach((option, place) => option.setAttribute("aria-selected", String(place === this.activeAt)));
    const active = options[this.activeAt];
    if (active) this.field.setAttribute("aria-activedescendant", active.id);
    else this.field.removeAttribute("aria-activedescendant");
    active?.scrollIntoView({ block: "nearest" });
  }

  say(text) {
    this.status.textContent = text;
  }

  sayFound() {
    const { length } = this.options;
    if (this.text) this.say(length ? `${length} ${length === 1 ? "result" : "results"}` : "No results");
  }

  // --- Keys ----------------------------------------------------------------------------------------------------

  pressed(event) {
    if (event.isComposing || event.keyCode === 229 || event.ctrlKey || event.metaKey || event.altKey) return;
    const doing = {
      ArrowDown: () => this.step(1),
      ArrowUp: () => this.step(-1),
      Home: () => this.jump(0),
      End: () => this.jump(-1),
      Enter: () => this.entered(),
      Escape: () => this.closed(),
      Backspace: () => this.removed(),
      ",": () => IS_ADDRESS.test(this.text) && this.entered(),
      ";": () => IS_ADDRESS.test(this.text) && this.entered(),
    }[event.key];
    if (doing && doing() !== false) event.preventDefault();
  }

  step(by) {
    const { length } = this.options;
    if (!this.isOpen) {
      this.show(true, by > 0 ? 0 : length - 1);
      if (this.shownFor !== this.text || !length) this.find();
    } else if (length) {
      this.show(true, (this.activeAt + by + length + (this.activeAt < 0 && by < 0 ? 1 : 0)) % length);
    }
  }

  jump(place) {
    if (!this.isOpen || !this.options.length) return false;
    this.show(true, place < 0 ? this.options.length - 1 : 0);
    return true;
  }

  closed() {
    if (this.closest("dialog") || !this.isOpen || !this.options.length) return false;
    this.show(false);
    return true;
  }

  removed() {
    if (this.field.value) return false;
    this.change(() => this.names.slice(0, -1));
    return true;
  }

  // What was typed goes at once, so that the next name can be typed while the server looks for this one.
  entered() {
    const { text } = this;
    const option = this.isOpen && this.shownFor === text ? this.options[this.activeAt] : null;
    if (option) option.click();
    else if (text && this.shownFor !== text) this.takeTyped(text);
    else if (!text) this.inTurn(() => this.goOn());
  }

  goOn() {
    if (!this.names.length) return;
    if (this.body) this.body.focus();
    else this.startForm.querySelector(".button:not([disabled])")?.click();
  }

  // --- Choosing ------------------------------------------------------------------------------------------------

  chosen(event) {
    event.preventDefault();
    event.stopPropagation();
    const { name, value } = event.submitter ?? {};
    if (name === "without") this.change(() => this.names.filter((one) => one !== value));
    if (name !== "to") return;
    this.field.value = "";
    this.change(() => [...this.names, value]);
    this.field.focus({ preventScroll: true });
  }

  takeTyped(text) {
    this.field.value = "";
    clearTimeout(this.timer);
    this.search?.abort();
    this.inTurn(async () => {
      const answer = await this.asked(this.names, text, "div#picker");
      const first = answer?.querySelector(`[data-part=results] ${CERTAIN}`);
      if (answer?.querySelector("[data-is-final]")) this.place(answer, "");
      else if (first) await this.changeNow([...this.names, first.value]);
      else this.putBack(text, answer);
    });
  }

  // Nobody was found: the text stands there again, unless something else is typed by now.
  putBack(text, answer) {
    if (this.field.value) return;
    this.field.value = text;
    this.isOpen = true;
    if (answer) this.place(answer, text);
    this.sayFound();
  }

  pasted(event) {
    const text = event.clipboardData.getData("text");
    if (!SEVERAL.test(text.trim()) || !/[@\d]/.test(text)) return;
    event.preventDefault();
    this.inTurn(async () => {
      const answer = await this.asked(this.names, text, "div#picker");
      if (answer?.querySelector("[data-is-final]")) {
        this.place(answer, "");
      } else {
        this.field.value = text.replace(/\s+/g, " ").trim();
        this.find();
      }
    });
  }

  // names: returns who is chosen then, given who is chosen when it is this change's turn.
  change(names) {
    this.inTurn(() => this.changeNow(names()));
  }

  inTurn(doing) {
    this.waiting += 1;
    this.work = this.work.then(doing).finally(() => {
      this.waiting -= 1;
    });
  }

  async changeNow(names) {
    const before = this.names.length;
    const { text } = this;
    const answer = await this.asked(names, text, "div#picker");
    if (!answer) return;
    this.place(answer, text);
    const { length } = this.names;
    if (length !== before) this.say(length ? `${length} chosen` : "Nobody is chosen");
  }

  // --- Asking --------------------------------------------------------------------------------------------------

  typed() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.find(), PAUSE_MS);
  }

  async find() {
    const { text } = this;
    this.search?.abort();
    this.search = new AbortController();
    const answer = await this.asked(this.names, text, "div#picker-results", this.search.signal);
    if (!answer || text !== this.text) return;
    this.isOpen = Boolean(text) || "isOpen" in this.dataset;
    this.place(answer, text);
    this.sayFound();
  }

  // As a POST: what is typed stays out of addresses, and may be long.
  async asked(names, text, target, signal = this.going.signal) {
    const body = new URLSearchParams([["q", text], ...names.map((name) => ["to", name])]);
    if (this.dataset.in) body.append("in", this.dataset.in);
    if ("isQuick" in this.dataset) body.append("quick", "1");
    try {
      const answer = await ask(this.dataset.url, { target, body, signal });
      return elementsOf(answer.text);
    } catch {
      return null;
    }
  }

  // Puts the parts of an answer where they belong; its rows only while that stands in the field which they are for.
  place(answer, text) {
    for (const part of answer.querySelectorAll("[data-part]")) {
      const { part: name, query } = part.dataset;
      const here = this.querySelector(`[data-part="${name}"]`);
      if (!here || (name === "results" && text !== this.text)) continue;
      const ticked = [...here.querySelectorAll(":checked")].map((tick) => tick.name);
      here.replaceChildren(...part.childNodes);
      for (const tick of here.querySelectorAll("[type=checkbox]")) tick.checked = ticked.includes(tick.name);
      htmx.process(here);
      if (name === "results") this.shownFor = text;
      // Whose an address is has to be said first: then the server searches for it by itself.
      if (name === "results" && !text && query) this.shownFor = this.field.value = query;
    }
    this.drawn();
  }

  submitted(event) {
    if (event.target === this.searchForm) {
      this.chosen(event);
    } else if (this.text && this.shownFor !== this.text) {
      // What is still in the field becomes a chip first, and the button says anew what will happen.
      event.preventDefault();
      event.stopPropagation();
      this.takeTyped(this.text);
    } else if (this.waiting) {
      event.preventDefault();
      event.stopPropagation();
      this.work.then(() => this.startForm.requestSubmit());
    }
  }
}

customElements.define("people-picker", PeoplePicker);
