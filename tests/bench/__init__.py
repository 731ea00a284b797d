"""The benchmark suite: `make bench`. What it measures is in contacts.py; each figure stands beside its budget."""
