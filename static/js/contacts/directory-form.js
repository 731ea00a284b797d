// <directory-form>: picking another kind of directory fetches what that kind asks. Secrets that were typed stay here.
const SECRETS = ["password", "token"];

class DirectoryForm extends HTMLElement {
  connectedCallback() {
    this.going = new AbortController();
    const on = (name, doing) => this.addEventListener(name, doing, { signal: this.going.signal });
    on("htmx:config:request", (event) => this.withhold(event.detail.ctx));
    on("htmx:after:swap", () => this.giveBack());
  }

  disconnectedCallback() {
    this.going.abort();
  }

  get form() {
    return this.querySelector("form");
  }

  withhold(ctx) {
    if (ctx.target?.id !== "directory-fields") return;
    this.kept = SECRETS.map((name) => [name, this.form.elements[name]?.value ?? ""]);
    for (const name of SECRETS) ctx.request.body.delete(name);
  }

  giveBack() {
    for (const [name, value] of this.kept ?? []) if (this.form.elements[name]) this.form.elements[name].value = value;
    this.kept = null;
  }
}

customElements.define("directory-form", DirectoryForm);
