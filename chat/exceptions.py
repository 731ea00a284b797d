"""What can be refused in chat.

ChatError                       a refusal whose text is a sentence for the person who asked
├── MessagingPermissionDenied   this person may not do this in this conversation
├── InviteRefused               somebody cannot be invited, or an invitation does not do what was asked of it
├── InvalidMessage              the text (a body, a title) cannot be taken as it is
└── InvalidRecipient            somebody was named who cannot be written to, or not for sure
"""


class ChatError(Exception):
    """Base of all refusals; str() of it may be shown to the person as it is."""


class MessagingPermissionDenied(ChatError):
    """The actor may not do this; nothing was changed."""


class InviteRefused(ChatError):
    """Somebody cannot be invited, or an invitation does not do what was asked of it."""


class InvalidMessage(ChatError):
    """A body or a title is empty, too long or holds characters that no message may hold."""


class InvalidRecipient(ChatError):
    """Of those who were named, somebody is not there, cannot be reached, or may be somebody else."""
