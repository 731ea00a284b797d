"""Conversations between people: kept in the database, shown live in the browser. May use contacts."""
