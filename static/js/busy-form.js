// <busy-form>: once its form is sent it says what it waits for, and is not sent again meanwhile.
class BusyForm extends HTMLElement {
  connectedCallback() {
    this.going = new AbortController();
    const { signal } = this.going;
    this.addEventListener("submit", () => setTimeout(() => this.show(true)), { signal });
    window.addEventListener("pageshow", () => this.show(false), { signal });
  }

  disconnectedCallback() {
    this.going.abort();
  }

  show(isBusy) {
    this.toggleAttribute("data-busy", isBusy);
    for (const button of this.querySelectorAll("button:not([type=button])")) button.disabled = isBusy;
  }
}

customElements.define("busy-form", BusyForm);
