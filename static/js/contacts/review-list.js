// After a decision the focus goes to the next one, so that a keyboard goes through the list without searching.
let decided = null; // which list, and the place in it

class ReviewList extends HTMLElement {
  connectedCallback() {
    this.addEventListener("submit", (event) => this.remember(event.target.closest(".review")));
    if (decided) this.goOn(decided);
    decided = null;
  }

  remember(review) {
    if (!review) return;
    const heading = review.closest("section").getAttribute("aria-labelledby");
    decided = { heading, at: [...review.parentElement.children].indexOf(review) };
  }

  goOn({ heading, at }) {
    const reviews = this.querySelectorAll(`[aria-labelledby="${heading}"] .review`);
    const next = reviews[Math.min(at, reviews.length - 1)] ?? this.querySelector(".review");
    next?.querySelector(".actions :is(a, button)").focus();
  }
}

customElements.define("review-list", ReviewList);
