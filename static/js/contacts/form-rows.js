// Rows of a form that are added and taken away at once. Without this script the server does it: a button asks for one
// more row, and a tick takes one away when the form is saved.
class FormRows extends HTMLElement {
  connectedCallback() {
    if (this.list) return;
    this.list = this.querySelector(".rows-edited");
    this.count = this.querySelector("[name$=TOTAL_FORMS]");
    this.adder = this.querySelector("[name=more]");
    this.adder.addEventListener("click", (event) => this.add(event));
    this.trim();
    for (const row of this.list.children) this.arm(row);
  }

  // Blank rows at the end stand there for browsers without this script.
  trim() {
    for (let row = this.list.lastElementChild; row && this.isBlank(row); row = this.list.lastElementChild) {
      row.remove();
      if (!this.list.children.length) this.list.replaceChildren();
      this.count.value = Number(this.count.value) - 1;
    }
  }

  isBlank(row) {
    const fields = [...row.querySelectorAll("input:not([type=checkbox]), textarea")];
    return fields.every((field) => !field.value) && !row.querySelector(".errors, :checked:is([type=checkbox])");
  }

  add(event) {
    event.preventDefault();
    const draft = this.querySelector("template").innerHTML.replaceAll("__prefix__", this.count.value);
    this.count.value = Number(this.count.value) + 1;
    this.list.insertAdjacentHTML("beforeend", draft);
    const row = this.list.lastElementChild;
    this.arm(row);
    row.querySelector("select, input:not([type=hidden]), textarea").focus();
  }

  arm(row) {
    const tick = row.querySelector(".remove-tick");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "text-button";
    button.textContent = "Remove";
    button.addEventListener("click", () => this.remove(row, tick));
    tick.hidden = true;
    tick.after(button);
    row.hidden = tick.querySelector("input").checked;
  }

  // The row stays in the form, so that the server hears of it.
  remove(row, tick) {
    tick.querySelector("input").checked = true;
    row.hidden = true;
    const rows = [...this.list.children];
    const next = rows.slice(rows.indexOf(row)).find((one) => !one.hidden) ?? rows.findLast((one) => !one.hidden);
    (next?.querySelector("select, input:not([type=hidden]), textarea") ?? this.adder).focus();
  }
}

customElements.define("form-rows", FormRows);
