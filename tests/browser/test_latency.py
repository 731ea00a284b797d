"""A message shows on the page of the other within 100 ms on an idle machine."""

from statistics import median

import pytest
from playwright.sync_api import expect

from chat.models import Conversation
from project.accounts.models import User

from .conftest import OpenScreen

pytestmark = pytest.mark.browser
MESSAGES = 20
ROUNDS = 3  # the best one counts: other work on the machine is not the server's
BOUND_MS = 100


def test_a_message_is_there_within_100_ms(alice: User, bob: User, talk: Conversation, open_screen: OpenScreen) -> None:
    hers, his = open_screen(alice).open(talk), open_screen(bob).open(talk)
    his.page.evaluate(
        """() => {
            window.seen = {};
            new MutationObserver(() => {
                for (const text of document.querySelectorAll("#messages .message-text"))
                    window.seen[text.textContent] ??= Date.now();
            }).observe(document.querySelector("#messages"), {childList: true, subtree: true});
        }"""
    )
    hers.page.evaluate(
        """() => {
            window.sent = {};
            document.addEventListener("keydown", ({target, key}) => {
                if (key === "Enter") window.sent[target.value] = Date.now();
            }, true);
        }"""
    )

    rounds = []
    for number in range(ROUNDS):
        texts = [f"Round {number}, message {n}" for n in range(MESSAGES)]
        for text in texts:
            hers.says(text)
            expect(his.message(text)).to_be_attached()
        sent, seen = hers.page.evaluate("() => window.sent"), his.page.evaluate("() => window.seen")
        rounds.append(median(seen[text] - sent[text] for text in texts))
        if rounds[-1] <= BOUND_MS:
            break

    assert min(rounds) <= BOUND_MS, rounds
