"""Conversations, who takes part in them, and what was said."""

from .conversation import Conversation
from .message import Message
from .participation import Participation
from .text import BODY_MAX, TITLE_MAX

__all__ = ["BODY_MAX", "TITLE_MAX", "Conversation", "Message", "Participation"]
