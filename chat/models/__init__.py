"""Conversations, who takes part in them, and what was said."""

from .acquaintance import visible_accounts
from .block import Block
from .conversation import Conversation
from .invite import Invite
from .message import Message
from .participation import Participation
from .text import BODY_MAX, TITLE_MAX

__all__ = ["BODY_MAX", "TITLE_MAX", "Block", "Conversation", "Invite", "Message", "Participation", "visible_accounts"]
