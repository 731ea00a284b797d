// The last line of a conversation in the inbox: one's own begins with "You".
import { me } from "./session.js";

class LatestLine extends HTMLElement {
  connectedCallback() {
    const who = this.querySelector(".row-who");
    if (!who) return;
    this.classList.toggle("mine", this.dataset.sender === me);
    if (this.dataset.sender === me) who.textContent = "You: ";
  }
}

customElements.define("latest-line", LatestLine);
