"""The benchmark suite: `make bench`. contacts.py and picker.py measure; each figure stands beside its budget."""
