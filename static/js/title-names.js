// The names that stand for an untitled conversation: of the others, three at most, in the words of the server
// (chat/models/text.py). They stay elements, so that each changes when the reader calls somebody otherwise.
import { me } from "./session.js";

const SHOWN = 3;

class TitleNames extends HTMLElement {
  connectedCallback() {
    const people = [...this.querySelectorAll("[data-person]")].filter((name) => name.dataset.person !== me);
    const names = people.slice(0, SHOWN);
    const more = Number(this.dataset.count) - 1 - names.length;
    const parts = names.flatMap((name, at) => {
      name.removeAttribute("dir"); // which way the title goes, its first letters say
      if (!at) return [name];
      return [at === names.length - 1 && more <= 0 ? " and " : ", ", name];
    });
    if (more > 0) parts.push(` and ${more} other${more > 1 ? "s" : ""}`);
    this.replaceWith(...(parts.length ? parts : ["Only you"]));
  }
}

customElements.define("title-names", TitleNames);
