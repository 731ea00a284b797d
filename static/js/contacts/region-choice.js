// <region-choice>: a list of countries by their codes gets their names, in the reader's language and order.
const names = new Intl.DisplayNames([navigator.language || "en", "en"], { type: "region" });

class RegionChoice extends HTMLElement {
  connectedCallback() {
    const select = this.querySelector("select");
    if (!select || select.dataset.isNamed) return;
    select.dataset.isNamed = "yes";
    const chosen = select.value;
    const [first, ...others] = select.options;
    for (const option of others) option.text = `${names.of(option.value)} (${option.value})`;
    others.sort((one, other) => one.text.localeCompare(other.text));
    select.replaceChildren(first, ...others);
    select.value = chosen;
  }
}

customElements.define("region-choice", RegionChoice);
