"""People, organisations and where they come from. Never imports chat."""
