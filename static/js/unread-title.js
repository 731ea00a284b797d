// "(3) Parley": how many messages wait, in the title of the tab.
let unread = 0;

function show() {
  const bare = document.title.replace(/^\(\d+\+?\) /, "");
  const title = unread ? `(${unread > 99 ? "99+" : unread}) ${bare}` : bare;
  if (title !== document.title) document.title = title;
}

document.addEventListener("parley:unread", (event) => {
  unread = event.detail.total;
  show();
});
document.addEventListener("parley:placed", (event) => {
  const title = document.querySelector("#conversation-head .pane-title");
  if (event.detail.type !== "participants" || !title) return;
  document.title = document.title.replace(/^.*(?= · )/, () => title.textContent);
  show();
});
// htmx writes the title of the page it brings; only then is it known.
document.addEventListener("htmx:finally:swap", () => setTimeout(show));
