// What every page loads: each behaviour is an element of its own, started when it stands in the page.
import "./face-pile.js";
import "./inbox-list.js";
import "./latest-line.js";
import "./live-line.js";
import "./local-time.js";
import "./message-composer.js";
import "./message-list.js";
import "./pane-guard.js";
import "./pending-messages.js";
import "./people-page.js";
import "./people-picker.js";
import "./title-names.js";
import "./typing-line.js";
import "./unread-title.js";
import "./viewport-height.js";
