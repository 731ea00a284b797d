"""What one person sees and does in a browser: a page, and everything that it complains about."""

import re
from pathlib import Path
from typing import Any

from playwright.sync_api import ConsoleMessage, Locator, Page, Response, expect

from chat.models import Conversation
from project.accounts.models import User
from tests.cast import PASSWORD
from tests.live.serving import Parley

# What the browser itself says while a server is away. Tests that take it away tolerate it.
UNREACHABLE = r"WebSocket connection to|htmx:ws:error|net::ERR_"
# The browser calls every answer from 400 on an error; the tests that ask for a refusal tolerate one.
REFUSED = r"the server responded with a status of 4\d\d"


class Screen:
    """One open page of one person, who may be nobody yet."""

    def __init__(self, page: Page, server: Parley, user: User | None, all_of_them: "list[Screen]") -> None:
        self.page = page
        self.all_of_them = all_of_them
        all_of_them.append(self)
        self.server = server
        self.user = user
        self.console: list[str] = []
        self.complaints: list[str] = []
        self._tolerated: list[str] = []
        page.on("console", self._said)
        page.on("pageerror", lambda error: self._complain(f"page error: {error.stack or error}"))
        page.on("response", self._answered)

    # --- Complaints ----------------------------------------------------------------------------------------------

    def _said(self, message: ConsoleMessage) -> None:
        self.console.append(f"{message.type}: {message.text}")
        if message.type == "error":
            self._complain(f"console: {message.text} ({message.location.get('url', '')})")

    def _answered(self, response: Response) -> None:
        if response.status >= 500:
            self._complain(f"{response.status} from {response.url}")

    def _complain(self, text: str) -> None:
        self.complaints.append(text)

    def tolerate(self, pattern: str) -> None:
        """Expect complaints that match a regular expression; all others fail the test."""
        self._tolerated.append(pattern)

    @property
    def unexpected(self) -> list[str]:
        return [text for text in self.complaints if not any(re.search(one, text) for one in self._tolerated)]

    # --- Places --------------------------------------------------------------------------------------------------

    def go(self, path: str = "/") -> "Screen":
        self.page.goto(self.server.origin + path)
        return self

    def open(self, conversation: Conversation) -> "Screen":
        """Open the page of a conversation, and wait until it is live."""
        self.go(f"/c/{conversation.public_id}/")
        expect(self.title).to_be_visible()
        return self.until_live()

    def inbox(self) -> "Screen":
        return self.go("/").until_live()

    def until_live(self) -> "Screen":
        self.page.wait_for_function("() => document.querySelector('live-line')?.socket?.readyState === WebSocket.OPEN")
        return self

    def sign_in(self) -> None:
        """Fill in and send the sign-in form, which the page shows."""
        assert self.user is not None
        self.page.get_by_label("E-mail address").fill(self.user.email)
        self.page.get_by_label("Password", exact=True).fill(PASSWORD)
        self.tap("Sign in")

    def other_tab(self) -> "Screen":
        """Open another tab of the same browser."""
        return Screen(self.page.context.new_page(), self.server, self.user, self.all_of_them)

    def tap(self, name: str, role: Any = "button") -> None:
        self.page.get_by_role(role, name=name, exact=True).click()

    # --- What is to be seen --------------------------------------------------------------------------------------

    @property
    def thread(self) -> Locator:
        return self.page.get_by_role("log")

    @property
    def texts(self) -> Locator:
        """The texts of the messages, without system rows and without what is on its way."""
        return self.page.locator("#messages > article [data-user-text].message-text")

    @property
    def pending(self) -> Locator:
        return self.page.locator("pending-messages article")

    @property
    def composer(self) -> Locator:
        return self.page.get_by_label("Message", exact=True)

    @property
    def notice(self) -> Locator:
        """The bar that says how the line to the server is."""
        return self.page.locator(".line-notice")

    @property
    def title(self) -> Locator:
        return self.page.locator("#conversation-head [data-title-of]")

    @property
    def rows(self) -> Locator:
        return self.page.locator("#inbox > .row")

    def row(self, conversation: Conversation) -> Locator:
        return self.page.locator(f"#conversation-{conversation.public_id}")

    def unread(self, conversation: Conversation) -> Locator:
        return self.row(conversation).locator(".row-count")

    def preview(self, conversation: Conversation) -> Locator:
        """The last line of a row; read it with use_inner_text, for a part of it may be hidden."""
        return self.row(conversation).locator(".row-preview")

    def message(self, text: str) -> Locator:
        """The message with this text, which stands on the page once."""
        return self.page.locator("#messages > article").filter(has=self.page.get_by_text(text, exact=True))

    def says(self, text: str) -> None:
        """Write a message and send it with Enter."""
        self.composer.fill(text)
        self.composer.press("Enter")

    def shows(self, *texts: str) -> None:
        """Expect exactly these messages, in this order."""
        expect(self.texts).to_have_text(list(texts))

    def event(self, sentence: str) -> Locator:
        """The system row that says this sentence."""
        return self.page.locator("#messages .event-line").filter(has_text=sentence)

    # --- Evidence ------------------------------------------------------------------------------------------------

    def leave_evidence(self, folder: Path, name: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.console.txt").write_text("\n".join([*self.console, "", *self.complaints]))
        if not self.page.is_closed():
            self.page.screenshot(path=folder / f"{name}.png", timeout=5000)
            (folder / f"{name}.html").write_text(self.page.content())
