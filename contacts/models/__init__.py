"""People, organisations, how to reach them, and where they come from."""

from .address import Address
from .affiliation import Affiliation
from .directory import Directory
from .folder import Folder, QuarantinedCard
from .group import ContactGroup, GroupMember
from .handle import Handle, PartyHandle
from .merging import KeptApart, merge, probable_duplicates, unmerge
from .party import Organization, Party, Person
from .upload import Upload

__all__ = [
    "Address",
    "Affiliation",
    "ContactGroup",
    "Directory",
    "Folder",
    "GroupMember",
    "Handle",
    "KeptApart",
    "Organization",
    "Party",
    "PartyHandle",
    "Person",
    "QuarantinedCard",
    "Upload",
    "merge",
    "probable_duplicates",
    "unmerge",
]
