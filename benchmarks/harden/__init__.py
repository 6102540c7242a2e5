"""Does lusdata hold when it is killed, when bits flip, and when what it reads means harm? One module a kind of harm."""
