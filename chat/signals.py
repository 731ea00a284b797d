"""What programs beside Parley may listen to."""

from django.dispatch import Signal

# Sent once for each new message, after its transaction is on disk; sender: Message, instance: the message. What was
# withheld, because the only other person there blocked its sender, is not told: nobody shall hear of it.
message_sent = Signal()
