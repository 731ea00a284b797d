// Fills the hidden time zone field of a sign-up form: whoever is new should see the right times at once.
for (const field of document.querySelectorAll("input[data-browser-time-zone]")) {
  field.value = Intl.DateTimeFormat().resolvedOptions().timeZone ?? ""
}
