"""The commands of ``python -m train``, one file each: `configure` names the arguments, `run` does the work."""
