"""The commands of ``lusdata``, one file each: `configure` names the arguments, `run` does the work."""
