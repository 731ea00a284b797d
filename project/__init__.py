"""The ground and the roof: settings, URLs, the server, accounts, and what every model shares."""

__version__ = "0.1.0"
