// The names that stand for an untitled group: of the others, three at most, as the server says it.
import { me } from "./session.js";

const SHOWN = 3;

class TitleNames extends HTMLElement {
  connectedCallback() {
    const names = [...this.querySelectorAll("[data-person]")]
      .filter((name) => name.dataset.person !== me)
      .map((name) => name.textContent)
      .slice(0, SHOWN);
    const more = Number(this.dataset.count) - 1 - names.length;
    if (more > 0) this.textContent = `${names.join(", ")} and ${more} other${more > 1 ? "s" : ""}`;
    else {
      const parts = [names.slice(0, -1).join(", "), ...names.slice(-1)].filter(Boolean);
      this.textContent = parts.join(" and ") || "Only you";
    }
  }
}

customElements.define("title-names", TitleNames);
