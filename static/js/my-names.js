// The names by which the reader knows people. What is rendered once for everybody calls people what they call
// themselves; here their contacts' names and faces are put in, before it is painted. What the attributes mean, and how
// the server does the same for a whole page: project/accounts/templatetags/people.py.
import { ask } from "./fragments.js";
import { me, tell } from "./session.js";

const PEOPLE = "[data-person], [data-avatar]";
const SIDES_PX = { s: 28, m: 40, l: 96 };
const NOBODY = ["", "", "", ""];

class MyNames extends HTMLElement {
  connectedCallback() {
    this.heardAt = new Map(); // account -> when that was read which a frame told of it
    this.take(JSON.parse(this.textContent));
    this.met = new Set(); // accounts whose names the map has, if they have one
    this.going = new AbortController();
    const on = (name, doing) => document.addEventListener(name, doing, { signal: this.going.signal });
    on("parley:frame", ({ detail }) => detail.type === "names" && this.heard(detail));
    on("parley:line", ({ detail }) => detail.isOpen && this.refresh());
    this.observer = new MutationObserver((records) => this.added(records));
    this.observer.observe(document.body, { childList: true, subtree: true });
    this.nameAll();
    this.isComplete = true;
  }

  disconnectedCallback() {
    this.going.abort();
    this.observer.disconnect();
  }

  // --- The map -------------------------------------------------------------------------------------------------

  // What a frame told that was read later stays.
  take({ at, etag, names, is_limited: isLimited }) {
    const newer = [...this.heardAt].filter(([, heardAt]) => heardAt > at);
    this.names = new Map([...Object.entries(names), ...newer.map(([account]) => [account, this.names.get(account)])]);
    this.heardAt = new Map(newer);
    Object.assign(this, { at, isLimited, etag: newer.length ? "" : etag });
  }

  heard(frame) {
    if (!frame.names) {
      this.refresh();
      return;
    }
    for (const [account, known] of Object.entries(frame.names)) {
      if (frame.at < (this.heardAt.get(account) ?? this.at)) continue;
      this.names.set(account, known);
      this.heardAt.set(account, frame.at);
    }
    this.etag = "";
    this.nameAll();
  }

  // Asked again meanwhile, it looks once more; what fails is asked when the line is back.
  async refresh() {
    this.isAskedAgain = true;
    if (this.isAsking) return;
    this.isAsking = true;
    try {
      while (this.isAskedAgain) {
        this.isAskedAgain = false;
        const answer = await ask(this.dataset.url, { etag: this.etag, signal: this.going.signal });
        if (!answer.ok) continue;
        this.take(JSON.parse(answer.text));
        this.nameAll();
      }
    } catch {
      this.isAskedAgain = false;
    }
    this.isAsking = false;
  }

  // --- On the page ---------------------------------------------------------------------------------------------

  added(records) {
    for (const { addedNodes } of records) for (const node of addedNodes) if (node.isConnected) this.name(node);
    this.observer.takeRecords(); // what was done here is no news
  }

  nameAll() {
    this.name(document.body);
    this.observer.takeRecords();
    tell("named");
  }

  name(root) {
    if (root.nodeType !== Node.ELEMENT_NODE) return;
    if (root.matches(PEOPLE)) this.show(root);
    for (const element of root.querySelectorAll(PEOPLE)) this.show(element);
  }

  show(element) {
    const { person, avatar } = element.dataset;
    const account = person ?? avatar;
    const known = (account !== me && this.names.get(account)) || NOBODY;
    if (person !== undefined) showName(element, known);
    else showFace(element, known);
    if (this.isLimited) this.meet(account);
  }

  // Where people find only whom they met, the page may come to show somebody of whom it could not know before.
  meet(account) {
    if (this.met.has(account)) return;
    this.met.add(account);
    if (this.isComplete && !this.names.has(account)) this.refresh();
  }
}

function showName(element, [name]) {
  const own = element.dataset.profile ?? element.textContent;
  const shown = name || own;
  if (element.textContent !== shown) element.textContent = shown;
  if (shown !== own) element.title = element.dataset.profile = own;
  else if (element.dataset.profile !== undefined) {
    element.removeAttribute("title");
    delete element.dataset.profile;
  }
}

// A face is the address of a picture, or the number of a hue and the initials on it.
const isPicture = (face) => face.startsWith("/");

function faceOf(element) {
  if (element.tagName === "IMG") return element.getAttribute("src");
  return `${element.className.match(/\bhue-(\d+)/)?.[1]} ${element.textContent}`;
}

function showFace(element, [, picture, , initials]) {
  const own = element.dataset.own ?? faceOf(element);
  const face = picture || (!isPicture(own) && initials) || own;
  if (face === faceOf(element)) return;
  const drawn = isPicture(face) ? drawnPicture(face, element) : drawnInitials(face);
  drawn.classList.add(...[...element.classList].filter((name) => !name.startsWith("hue-")));
  drawn.dataset.avatar = element.dataset.avatar;
  if (face !== own) drawn.dataset.own = own;
  element.replaceWith(drawn);
}

function drawnPicture(address, { className }) {
  const side = SIDES_PX[className.match(/\bavatar-([sml])\b/)?.[1] ?? "m"];
  const picture = new Image(side, side);
  Object.assign(picture, { alt: "", loading: "lazy", src: address });
  return picture;
}

function drawnInitials(face) {
  const circle = document.createElement("span");
  const [hue] = face.split(" ", 1);
  circle.className = `hue-${hue}`;
  circle.textContent = face.slice(hue.length + 1);
  circle.setAttribute("aria-hidden", "true");
  return circle;
}

customElements.define("my-names", MyNames);
