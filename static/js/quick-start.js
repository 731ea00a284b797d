// Ctrl+K, on Macs Cmd+K: the picker as a dialog over whatever is open. Escape closes it, and the focus goes back.
const IS_MAC = /Mac|iPhone|iPad/.test(navigator.userAgentData?.platform ?? navigator.platform);

class QuickStart extends HTMLElement {
  connectedCallback() {
    this.going = new AbortController();
    const { signal } = this.going;
    document.addEventListener("keydown", (event) => this.pressed(event), { signal });
    document.addEventListener("htmx:after:swap", ({ detail }) => this.swapped(detail.ctx), { signal });
  }

  disconnectedCallback() {
    this.going.abort();
  }

  get dialog() {
    return this.querySelector("dialog");
  }

  // On a Mac, Ctrl+K cuts the rest of a line in a field; elsewhere the other key is the system's.
  pressed(event) {
    const isAsked = IS_MAC ? event.metaKey && !event.ctrlKey : event.ctrlKey && !event.metaKey;
    if (event.key?.toLowerCase() !== "k" || !isAsked || event.altKey || event.shiftKey) return;
    if (event.defaultPrevented || event.isComposing) return;
    event.preventDefault();
    this.open();
  }

  open() {
    const there = this.dialog ?? document.querySelector("#main[data-page=new]");
    if (!there) {
      this.append(this.querySelector("template").content.cloneNode(true));
      const { dialog } = this;
      htmx.process(dialog);
      dialog.addEventListener("close", () => dialog.remove());
      dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
      dialog.showModal();
    }
    (there ?? this.dialog).querySelector(".picker-field").focus();
  }

  swapped(ctx) {
    if (ctx?.target?.id === "main") this.dialog?.close();
  }
}

customElements.define("quick-start", QuickStart);
