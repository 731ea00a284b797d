"""The people of the demo, their faces, and what they say to each other."""
