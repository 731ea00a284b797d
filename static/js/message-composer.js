// Where a message is written. Nothing typed is lost: it is a draft until it is sent, and then in the outbox.
import { draftOf, keepDraft } from "./drafts.js";
import { say } from "./live-line.js";
import { outbox } from "./outbox.js";

const BODY_MAX = 20000; // code points, as the server counts
const TYPING_MS = 10000;
const IDLE_MS = 5000;

class MessageComposer extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector("form");
    this.text = this.querySelector("textarea");
    this.note = this.querySelector(".composer-note");
    this.form.noValidate = true;
    this.going = new AbortController();
    const on = (target, name, doing) => target.addEventListener(name, doing, { signal: this.going.signal });
    on(this.form, "submit", (event) => this.submit(event));
    on(this.text, "keydown", (event) => this.pressed(event));
    on(this.text, "input", () => this.typed());
    on(this.text, "blur", () => this.stopTyping());
    this.text.value ||= draftOf(this.dataset.conversation);
    this.fit();
    if (matchMedia("(hover: hover) and (pointer: fine)").matches) this.text.focus({ preventScroll: true });
    this.text.setSelectionRange(this.text.value.length, this.text.value.length);
  }

  disconnectedCallback() {
    this.stopTyping();
    this.going.abort();
  }

  pressed(event) {
    // 229: a key that an input method still works with.
    if (event.key !== "Enter" || event.isComposing || event.keyCode === 229) return;
    const isTouch = matchMedia("(pointer: coarse)").matches && !matchMedia("(any-pointer: fine)").matches;
    if (event.shiftKey || event.altKey || (isTouch && !event.ctrlKey && !event.metaKey)) return;
    event.preventDefault();
    if (!event.repeat) this.form.requestSubmit();
  }

  submit(event) {
    event.preventDefault();
    const body = this.text.value;
    if (!body.trim()) return;
    const length = [...body].length;
    if (length > BODY_MAX) {
      const [has, most] = [length, BODY_MAX].map((count) => count.toLocaleString("en"));
      this.complain(`This message has ${has} characters; ${most} are the most. Send it in parts.`);
      return;
    }
    outbox.add(this.dataset.conversation, body);
    this.text.value = "";
    this.typed();
    this.querySelector(".errors")?.remove();
    this.text.focus({ preventScroll: true });
  }

  typed() {
    keepDraft(this.dataset.conversation, this.text.value);
    this.complain("");
    this.fit();
    clearTimeout(this.idle);
    if (!this.text.value.trim()) return this.stopTyping();
    this.idle = setTimeout(() => this.stopTyping(), IDLE_MS);
    if (!(Date.now() - this.typingSince < TYPING_MS)) this.sayTyping(true);
  }

  stopTyping() {
    clearTimeout(this.idle);
    if (this.typingSince) this.sayTyping(false);
  }

  sayTyping(on) {
    this.typingSince = on ? Date.now() : 0;
    say({ type: "typing", conversation: this.dataset.conversation, on });
  }

  complain(sentence) {
    this.note.textContent = sentence;
    this.note.hidden = !sentence;
  }

  // Grows with what is typed, where CSS cannot (field-sizing).
  fit() {
    if (CSS.supports("field-sizing", "content")) return;
    this.text.style.blockSize = "auto";
    this.text.style.blockSize = `${this.text.scrollHeight + 2}px`;
  }
}

customElements.define("message-composer", MessageComposer);
