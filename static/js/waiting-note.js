// What a page says of people who are waited for: fetched anew when one of them joins, or an invitation changes.
import { ask, elementsOf } from "./fragments.js";

class WaitingNote extends HTMLElement {
  connectedCallback() {
    this.going = new AbortController();
    const { signal } = this.going;
    document.addEventListener("parley:placed", (event) => this.heard(event.detail), { signal });
    document.addEventListener("parley:line", (event) => event.detail.isAgain && this.refresh(), { signal });
  }

  disconnectedCallback() {
    this.going.abort();
  }

  heard(frame) {
    if (frame.type === "participants" && frame.conversation === this.dataset.conversation) this.refresh();
  }

  async refresh() {
    try {
      const answer = await ask(this.dataset.url, { target: "main#main", signal: this.going.signal });
      const fresh = answer.ok && elementsOf(answer.text).getElementById(this.id);
      if (!fresh || fresh.innerHTML === this.innerHTML) return;
      this.replaceChildren(...fresh.childNodes);
      htmx.process(this);
    } catch {
      // The next frame, or the line when it is back, asks again.
    }
  }
}

customElements.define("waiting-note", WaitingNote);
