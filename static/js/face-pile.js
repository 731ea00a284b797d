// The faces that stand for a conversation: of the others, two at most.
import { me } from "./session.js";

const SHOWN = 2;

class FacePile extends HTMLElement {
  connectedCallback() {
    const faces = [...this.querySelectorAll("[data-face]")];
    const others = faces.filter((face) => face.dataset.face !== me);
    const shown = (others.length ? others : faces).slice(0, SHOWN).map((face) => face.firstElementChild);
    this.replaceWith(...shown.filter(Boolean));
  }
}

customElements.define("face-pile", FacePile);
