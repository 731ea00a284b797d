"""What programs beside Parley may listen to."""

from django.dispatch import Signal

# Sent once for each new message, after its transaction is on disk; sender: Message, instance: the message.
message_sent = Signal()
