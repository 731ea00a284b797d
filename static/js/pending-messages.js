// One's own messages that the server has not confirmed yet, below the others.
import { isOpen } from "./live-line.js";
import { outbox } from "./outbox.js";

class PendingMessages extends HTMLElement {
  connectedCallback() {
    this.going = new AbortController();
    const on = (target, name, doing) => target.addEventListener(name, doing, { signal: this.going.signal });
    on(document, "parley:outbox", (event) => event.detail.conversation === this.dataset.conversation && this.show());
    on(document, "parley:line", () => this.show());
    on(this, "click", (event) => this.clicked(event.target.closest("[data-do]")));
    this.show();
  }

  disconnectedCallback() {
    this.going.abort();
  }

  show() {
    const entries = outbox.of(this.dataset.conversation);
    const shown = new Map([...this.children].map((article) => [article.dataset.clientId, article]));
    for (const [id, article] of shown) if (!entries.some((entry) => entry.id === id)) article.remove();
    for (const entry of entries) {
      const article = shown.get(entry.id) ?? this.made(entry);
      this.describe(article, entry);
    }
  }

  made(entry) {
    const article = document.getElementById("pending-message").content.firstElementChild.cloneNode(true);
    article.dataset.clientId = entry.id;
    article.querySelector("[data-user-text]").textContent = entry.body;
    this.append(article);
    if (entry.state === "pending") this.dispatchEvent(new CustomEvent("parley:written", { bubbles: true }));
    return article;
  }

  describe(article, entry) {
    const hasFailed = entry.state === "failed";
    const state = article.querySelector(".message-state");
    article.classList.toggle("failed", hasFailed);
    if (hasFailed) state.setAttribute("role", "alert");
    else state.removeAttribute("role");
    const words = hasFailed ? `Not sent. ${entry.reason}` : this.progress(entry);
    for (const button of article.querySelectorAll("[data-do]")) button.hidden = !hasFailed;
    if (state.textContent === words) return;
    state.textContent = words;
    this.dispatchEvent(new CustomEvent("parley:grown", { bubbles: true }));
  }

  progress(entry) {
    if (entry.state === "sent") return "Sent";
    return isOpen() ? "Sending…" : "Waiting for the connection…";
  }

  clicked(button) {
    const id = button?.closest("[data-client-id]")?.dataset.clientId;
    if (!id) return;
    outbox[button.dataset.do](id);
    document.getElementById("composer-body")?.focus({ preventScroll: true });
  }
}

customElements.define("pending-messages", PendingMessages);
