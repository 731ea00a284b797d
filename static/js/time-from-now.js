// <time-from-now>: how long ago something was, or until it will be, kept true while the page stays open.
import { timeZone } from "./session.js";

const language = navigator.language?.startsWith("en") ? navigator.language : "en-GB";
const relative = new Intl.RelativeTimeFormat(language);
const full = new Intl.DateTimeFormat(language, { timeZone, dateStyle: "full", timeStyle: "short" });
const UNITS = [["day", 86400], ["hour", 3600], ["minute", 60]];

class TimeFromNow extends HTMLElement {
  connectedCallback() {
    this.time = this.querySelector("time");
    const moment = new Date(this.time?.dateTime ?? "");
    if (Number.isNaN(moment.valueOf())) return;
    this.moment = moment;
    this.time.title = full.format(moment);
    this.show();
  }

  show() {
    if (!this.moment) return;
    const seconds = (this.moment - Date.now()) / 1000;
    const [unit, length] = UNITS.find((each) => Math.abs(seconds) >= each[1]) ?? [];
    if (unit) this.time.textContent = relative.format(Math.trunc(seconds / length), unit);
    else this.time.textContent = seconds > 0 ? "in a moment" : "a moment ago";
  }
}

customElements.define("time-from-now", TimeFromNow);
setInterval(() => document.querySelectorAll("time-from-now").forEach((each) => each.show()), 20000);
