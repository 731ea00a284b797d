"""What can be refused in chat.

ChatError                       a refusal whose text is a sentence for the person who asked
├── MessagingPermissionDenied   this person may not do this in this conversation
└── InvalidMessage              the text (a body, a title) cannot be taken as it is
"""


class ChatError(Exception):
    """Base of all refusals; str() of it may be shown to the person as it is."""


class MessagingPermissionDenied(ChatError):
    """The actor may not do this; nothing was changed."""


class InvalidMessage(ChatError):
    """A body or a title is empty, too long or holds characters that no message may hold."""
