// What moving between panes needs besides htmx: a token of now, a way out when the answer is no pane, and the focus.
import { addressOf, csrfToken, tell } from "./session.js";

document.addEventListener("htmx:config:request", (event) => {
  event.detail.ctx.request.headers["X-CSRFToken"] = csrfToken();
});

// The sign-in page, or an error: a page of its own, not something to put beside the inbox.
document.addEventListener("htmx:after:request", (event) => {
  const { ctx } = event.detail;
  if (ctx.target?.id !== "main" || ctx.text.includes('class="pane"')) return;
  event.preventDefault();
  const isSignedOut = new URL(ctx.response.raw.url).pathname === addressOf("loginUrl");
  if (ctx.request.method === "GET") location.assign(ctx.request.action);
  else if (isSignedOut) tell("signed-out");
  else tell("notice", { text: "That did not work. Reload the page and try again." });
});

document.addEventListener("htmx:error", (event) => {
  if (event.detail.ctx?.target?.id === "main") tell("notice", { text: "The server cannot be reached. Try again." });
});

document.addEventListener("htmx:after:swap", (event) => {
  const { ctx } = event.detail;
  if (!ctx?.request || ctx.target?.id !== "main") return;
  const main = document.getElementById("main");
  if (!main.contains(document.activeElement)) main.focus({ preventScroll: true });
});
