// How messages stand below each other: whose they are, a line between two days, and no name above what one person
// says within five minutes.
import { dayName, dayOf } from "./local-time.js";
import { me } from "./session.js";

const TOGETHER_MS = 5 * 60000;

function neighbour(article, direction) {
  let other = article[direction];
  while (other && other.tagName !== "ARTICLE") other = other[direction];
  return other;
}

export const nextOf = (article) => neighbour(article, "nextElementSibling");

function isContinued(article, earlier) {
  return (
    earlier?.dataset.kind === "text" &&
    article.dataset.kind === "text" &&
    earlier.dataset.sender === article.dataset.sender &&
    Date.parse(article.dataset.at) - Date.parse(earlier.dataset.at) < TOGETHER_MS &&
    !hasLineBefore(article)
  );
}

function hasLineBefore(article) {
  return article.previousElementSibling?.matches(".day, .new-line") ?? false;
}

function dayLine(article) {
  const line = document.createElement("p");
  line.className = "day";
  line.append(document.createElement("span"));
  line.firstChild.textContent = dayName(new Date(article.dataset.at));
  return line;
}

// Everything between an article and the one before it: at most one day, then at most one line for the new ones.
function linesBefore(article) {
  const lines = [];
  for (let other = article.previousElementSibling; other && other.tagName !== "ARTICLE"; ) {
    lines.unshift(other);
    other = other.previousElementSibling;
  }
  return lines;
}

export function arrange(article) {
  const earlier = neighbour(article, "previousElementSibling");
  const lines = linesBefore(article);
  const days = lines.filter((line) => line.matches(".day"));
  const day = dayOf(new Date(article.dataset.at));
  const isNewDay = !earlier || dayOf(new Date(earlier.dataset.at)) !== day;
  for (const line of days) line.remove();
  const newLine = lines.find((line) => line.matches(".new-line"));
  if (isNewDay) (newLine ?? article).before(dayLine(article));
  article.classList.toggle("mine", article.dataset.kind === "text" && article.dataset.sender === me);
  article.classList.toggle("continued", isContinued(article, earlier));
}

// The line before the first message that was not read when the page was opened.
export function newLineBefore(article) {
  const line = document.createElement("p");
  line.className = "new-line";
  line.append(document.createElement("span"));
  line.firstChild.textContent = "New messages";
  article.before(line);
}
