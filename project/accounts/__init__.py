"""Accounts: who may sign in, how they join, and what they show of themselves."""
