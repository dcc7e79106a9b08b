"""What stands over a screen and asks for something: each is a screen of its own that gives back an
answer, or None where it was left. Nothing is asked of the ledger here, and nothing is written.
"""
