// <copy-link>: a button beside a link that copies it. Without a clipboard (plain HTTP) the link is selected instead.
class CopyLink extends HTMLElement {
  connectedCallback() {
    this.field = this.querySelector("input")
    if (!this.field || this.button) return
    this.button = document.createElement("button")
    this.button.type = "button"
    this.button.className = "button button-quiet"
    this.button.textContent = "Copy"
    this.button.setAttribute("aria-label", "Copy the link")
    this.button.addEventListener("click", () => this.copy())
    this.told = document.createElement("span")
    this.told.className = "hint"
    this.told.setAttribute("role", "status")
    this.append(this.button)
    this.after(this.told)
    this.field.addEventListener("focus", () => this.field.select())
  }

  async copy() {
    this.field.select()
    try {
      await navigator.clipboard.writeText(this.field.value)
      this.told.textContent = "Copied."
    } catch {
      this.told.textContent = "The link is selected: copy it with your keyboard or menu."
    }
  }
}

customElements.define("copy-link", CopyLink)
