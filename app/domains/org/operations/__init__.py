"""What changes people and their duties: initial passwords, hand-overs, receipts, contacts, settings, emergency access.

Never commits. Where the work is the system's (another's drafts, sessions), the right was asked for first.
"""
