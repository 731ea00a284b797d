from .invitation import Invitation
from .server import Server
from .user import DELETED_NAME, User

__all__ = ["DELETED_NAME", "Invitation", "Server", "User"]
