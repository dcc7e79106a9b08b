"""Told in time, once: rules that look at the ledger, where each stands, and what is sent."""
