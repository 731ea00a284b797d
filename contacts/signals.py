"""What others may want to hear of the address book."""

from django.dispatch import Signal

# Somebody wants a directory synced now. directory: the Directory. The worker's tasks hear it.
sync_requested = Signal()

# Somebody removes a directory with all its contacts. directory: the Directory. The worker's tasks hear it.
removal_requested = Signal()

# A sync went on, or ended. directory: the Directory, with its progress and last result as they are now.
sync_progressed = Signal()

# Somebody confirmed what they uploaded. upload: the Upload. The worker's tasks hear it.
upload_confirmed = Signal()

# The reading or importing of an upload went on, or ended. upload: the Upload, as it is now.
upload_progressed = Signal()

# By the name, picture or account of a contact, the owner of a book may know some accounts as somebody else now.
# owner_id: the owner; users: pks of these accounts. Sent when it is on disk.
names_changed = Signal()
