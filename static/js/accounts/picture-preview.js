// <picture-preview>: shows the chosen file in place of the picture that is kept, before it is sent.
class PicturePreview extends HTMLElement {
  connectedCallback() {
    this.choose = () => this.show(this.input.files[0])
    this.input = this.querySelector("input[type=file]")
    this.input?.addEventListener("change", this.choose)
  }

  disconnectedCallback() {
    this.input?.removeEventListener("change", this.choose)
    if (this.url) URL.revokeObjectURL(this.url)
  }

  show(file) {
    if (!file?.type.startsWith("image/")) return
    if (this.url) URL.revokeObjectURL(this.url)
    this.url = URL.createObjectURL(file)
    const image = document.createElement("img")
    image.className = "avatar avatar-l"
    image.alt = "Preview of the chosen picture"
    image.width = image.height = 96
    image.src = this.url
    this.querySelector(".avatar").replaceWith(image)
  }
}

customElements.define("picture-preview", PicturePreview)
