// The list of who takes part stays true while it is looked at; the forms beside it keep what is typed.
import { ask, elementsOf } from "./fragments.js";

class PeoplePage extends HTMLElement {
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
    const isOurs = frame.type === "participants" && frame.conversation === this.dataset.conversation;
    if (isOurs || frame.type === "names") this.refresh(); // it also says as whom they stand in one's book
  }

  async refresh() {
    try {
      const answer = await ask(this.dataset.url, { target: "main#main", signal: this.going.signal });
      const people = elementsOf(answer.text).querySelector("#people");
      if (!people) return;
      this.querySelector("#people").replaceWith(people);
      htmx.process(people);
    } catch {
      // The next frame, or the line when it is back, asks again.
    }
  }
}

customElements.define("people-page", PeoplePage);
