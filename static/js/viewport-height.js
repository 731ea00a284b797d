// The height that a keyboard on the screen leaves, where the browser does not give it to the page itself.
const viewport = window.visualViewport;

function measure() {
  document.documentElement.style.setProperty("--viewport-height", `${Math.round(viewport.height)}px`);
  if (viewport.scale === 1) window.scrollTo(0, 0);
}

if (viewport && /iP(hone|ad|od)/.test(navigator.userAgent) && document.body.classList.contains("app")) {
  viewport.addEventListener("resize", measure);
  measure();
}
