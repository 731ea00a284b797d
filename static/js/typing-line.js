// Who is typing in the conversation on this page.
const FORGOTTEN_MS = 15000;

// By their own name; my-names.js puts in the one that the reader uses.
function nameElement(person, name) {
  const element = document.createElement("span");
  Object.assign(element, { textContent: name, dir: "auto" });
  element.dataset.person = person;
  return element;
}

class TypingLine extends HTMLElement {
  connectedCallback() {
    this.people = new Map();
    this.going = new AbortController();
    document.addEventListener("parley:frame", (event) => this.heard(event.detail), { signal: this.going.signal });
  }

  disconnectedCallback() {
    this.going.abort();
    for (const { timer } of this.people.values()) clearTimeout(timer);
  }

  heard(frame) {
    if (frame.conversation !== this.dataset.conversation) return;
    if (frame.type === "message") this.forget(frame.sender);
    if (frame.type !== "typing") return;
    this.forget(frame.person);
    if (frame.on) {
      const timer = setTimeout(() => this.forget(frame.person), FORGOTTEN_MS);
      this.people.set(frame.person, { name: frame.name, timer });
    }
    this.show();
  }

  forget(person) {
    clearTimeout(this.people.get(person)?.timer);
    if (this.people.delete(person)) this.show();
  }

  show() {
    const [first, second] = [...this.people].map(([person, { name }]) => nameElement(person, name));
    if (this.people.size > 2) this.textContent = "Several people are typing…";
    else if (second) this.replaceChildren(first, " and ", second, " are typing…");
    else this.replaceChildren(...(first ? [first, " is typing…"] : []));
  }
}

customElements.define("typing-line", TypingLine);
