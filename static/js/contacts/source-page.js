// <directories-page>, <directory-page>, <upload-page>: how far it is comes down the line; what else changed by it is fetched at its end.
// A frame may come before the page that it is about, or never: while something goes on in silence, the page asks.
// How it ended is said in [data-outcome], a live region, for those who do not see the bar.
import { ask, elementsOf } from "../fragments.js";
import { tell } from "../session.js";

const BUSY = new Set(["waiting", "syncing", "removing", "uploaded", "confirmed"]);
const SILENCE_MS = 2000;

// How to find again, in the same part drawn anew, what has the focus.
function selectorOf(element) {
  if (element.id) return `#${CSS.escape(element.id)}`;
  const [holder, name] = element.closest("form") ? ["form", "action"] : ["a", "href"];
  const place = element.closest(holder)?.getAttribute(name);
  return place ? `${holder}[${name}="${CSS.escape(place)}"]${holder === "form" ? " button" : ""}` : "";
}

function nameOf(part) {
  return part.closest("section, li")?.querySelector("h3")?.textContent.trim();
}

class SourcePage extends HTMLElement {
  connectedCallback() {
    this.going = new AbortController();
    const on = (name, doing) => document.addEventListener(name, doing, { signal: this.going.signal });
    on("parley:placed", (event) => this.heard(event.detail));
    on("parley:line", (event) => event.detail.isAgain && this.refresh());
    this.heardAt = Date.now();
    this.wasBusy = this.busyParts.map((part) => part.id);
    this.watch = setInterval(() => this.isBusy && Date.now() - this.heardAt >= SILENCE_MS && this.refresh(), SILENCE_MS);
  }

  disconnectedCallback() {
    this.going.abort();
    clearInterval(this.watch);
  }

  get busyParts() {
    return [...this.querySelectorAll("[data-state]")].filter((part) => BUSY.has(part.dataset.state));
  }

  get isBusy() {
    return this.busyParts.length > 0;
  }

  heard(frame) {
    if (frame?.type !== "sync_progress" || !this.isAbout(frame)) return;
    this.heardAt = Date.now();
    if (!frame.running) this.refresh();
  }

  async refresh() {
    try {
      const answer = await ask(this.dataset.url, { target: "main#main", signal: this.going.signal });
      const there = this.firstElementChild;
      const fresh = elementsOf(answer.text).getElementById(there.id);
      if (!answer.ok || !fresh || this.isInUse(there)) return;
      const focused = there.contains(document.activeElement) ? selectorOf(document.activeElement) : null;
      there.replaceWith(fresh);
      htmx.process(fresh);
      if (focused !== null) this.focusOn(focused && fresh.querySelector(focused));
      this.sayOutcomes();
    } catch {
      // The next frame, or the next silence, asks again.
    }
  }

  focusOn(element) {
    element?.focus?.({ preventScroll: true });
    if (!this.contains(document.activeElement)) document.getElementById("main").focus({ preventScroll: true });
  }

  sayOutcomes() {
    const busy = this.busyParts.map((part) => part.id);
    const ended = this.wasBusy.filter((id) => !busy.includes(id)).map((id) => document.getElementById(id));
    this.wasBusy = busy;
    if (ended.includes(null)) tell("book-changed"); // removed, which no frame says
    const words = ended.filter(Boolean).map((part) => [nameOf(part), part.textContent].filter(Boolean).join(": "));
    if (words.length) this.querySelector("[data-outcome]").textContent = words.join(" ").replace(/\s+/g, " ").trim();
  }

  // Whoever has changed a tick, or is about to choose, must not have it taken away.
  isInUse(part) {
    if (part.contains(document.activeElement) && document.activeElement.matches("input:not([type=checkbox]), select")) return true;
    return [...part.querySelectorAll("input[type=checkbox]")].some((box) => box.checked !== box.defaultChecked);
  }
}

class DirectoriesPage extends SourcePage {
  isAbout(frame) {
    return "directory" in frame;
  }
}

class DirectoryPage extends SourcePage {
  isAbout(frame) {
    return frame.directory === this.dataset.directory;
  }
}

class UploadPage extends SourcePage {
  isAbout(frame) {
    return frame.upload === this.dataset.upload;
  }
}

customElements.define("directories-page", DirectoriesPage);
customElements.define("directory-page", DirectoryPage);
customElements.define("upload-page", UploadPage);
