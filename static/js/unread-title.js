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

// A conversation is called as its head says, which changes, and which says the names that only this reader uses.
function follow() {
  const title = document.querySelector("#conversation-head .pane-title")?.textContent.trim();
  if (title) document.title = document.title.replace(/^.*(?= · )/, () => title);
  show();
}

document.addEventListener("parley:placed", (event) => event.detail.type === "participants" && follow());
document.addEventListener("parley:named", follow);
// htmx writes the title of the page it brings; only then is it known.
document.addEventListener("htmx:finally:swap", () => setTimeout(follow));
