"""What stands of a quota at a moment: how much is used and left, until when, where it leads."""
