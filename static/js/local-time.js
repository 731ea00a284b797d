// A moment, shown in the reader's time zone.
import { timeZone } from "./session.js";

const language = navigator.language?.startsWith("en") ? navigator.language : "en-GB";
const format = (options) => new Intl.DateTimeFormat(language, { timeZone, ...options });
const clock = format({ hour: "numeric", minute: "2-digit" });
const weekday = format({ weekday: "short" });
const date = format({ day: "numeric", month: "short" });
const dateAndYear = format({ day: "numeric", month: "short", year: "numeric" });
const longDate = format({ day: "numeric", month: "long", year: "numeric" });
const wholeDay = format({ weekday: "long", day: "numeric", month: "long", year: "numeric" });
const full = format({ dateStyle: "full", timeStyle: "short" });
const key = new Intl.DateTimeFormat("en-CA", { timeZone, year: "numeric", month: "2-digit", day: "2-digit" });

// The day of a moment, as 2026-11-21.
export const dayOf = (moment) => key.format(moment);

function daysAgo(day) {
  return Math.round((Date.parse(dayOf(new Date())) - Date.parse(day)) / 86400000);
}

export function dayName(moment) {
  const days = daysAgo(dayOf(moment));
  if (days === 0) return "Today";
  return days === 1 ? "Yesterday" : wholeDay.format(moment);
}

function rowTime(moment) {
  const day = dayOf(moment);
  const days = daysAgo(day);
  if (days <= 0) return clock.format(moment);
  if (days === 1) return "Yesterday";
  if (days < 7) return weekday.format(moment);
  return (day.slice(0, 4) === dayOf(new Date()).slice(0, 4) ? date : dateAndYear).format(moment);
}

const formats = { clock: (moment) => clock.format(moment), row: rowTime, date: (moment) => longDate.format(moment) };

class LocalTime extends HTMLElement {
  connectedCallback() {
    const time = this.querySelector("time");
    const moment = new Date(time?.dateTime ?? "");
    if (Number.isNaN(moment.valueOf())) return;
    time.textContent = formats[this.dataset.format ?? "clock"](moment);
    time.title = full.format(moment);
  }
}

customElements.define("local-time", LocalTime);

// "Today" and "Yesterday" move on while a page stays open.
let today = dayOf(new Date());
setInterval(() => {
  if (today === dayOf(new Date())) return;
  today = dayOf(new Date());
  for (const time of document.querySelectorAll("local-time")) time.connectedCallback();
  document.dispatchEvent(new CustomEvent("parley:midnight"));
}, 60000);
