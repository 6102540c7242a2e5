"""What ``lusdata add`` asks on a terminal and prints; `lusdata.intake` does the work."""
