// <show-password>: a button beside a password field that shows what was typed.
class ShowPassword extends HTMLElement {
  connectedCallback() {
    this.field = this.querySelector("input")
    if (!this.field || this.button) return
    this.button = document.createElement("button")
    this.button.type = "button"
    this.button.className = "button button-quiet"
    this.button.setAttribute("aria-controls", this.field.id)
    this.button.addEventListener("click", () => this.show(this.field.type === "password"))
    this.append(this.button)
    this.show(false)
    // A password manager must meet a password field, also when the form is sent while the text is shown.
    this.field.form?.addEventListener("submit", () => this.show(false))
  }

  show(isShown) {
    this.field.type = isShown ? "text" : "password"
    this.button.textContent = isShown ? "Hide" : "Show"
    this.button.setAttribute("aria-label", isShown ? "Hide the password" : "Show the password")
    this.button.setAttribute("aria-pressed", String(isShown))
  }
}

customElements.define("show-password", ShowPassword)
