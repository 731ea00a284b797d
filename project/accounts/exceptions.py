"""What can go wrong with accounts. Every message is a sentence for people, and says what to do next.

AccountError
    AlreadySetUp                 somebody else made the first account
    InvitationError
        InvitationUnusable       expired, revoked, used up or never there: always the same sentence
        NotYourInvitation        only its maker and administrators may revoke an invitation
    InvalidPicture               not a picture that we show
"""


class AccountError(Exception):
    """Anything about accounts that a person can be told."""


class AlreadySetUp(AccountError):
    def __init__(self) -> None:
        super().__init__("This server has just been set up. Sign in, or ask for an invitation.")


class InvitationError(AccountError):
    """An invitation does not do what was asked of it."""


class InvitationUnusable(InvitationError):
    def __init__(self) -> None:
        super().__init__("This invitation does not work any more. Ask the person who sent it for a new link.")


class NotYourInvitation(InvitationError):
    def __init__(self) -> None:
        super().__init__("Only the person who made this invitation, or an administrator, can revoke it.")


class InvalidPicture(AccountError):
    """Not a picture that we show; the message says which ones are."""
