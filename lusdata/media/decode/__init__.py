"""From the bytes of a stranger's file to its frames: `opening` with limits, `plan` what to skip, `decoder` does it."""
