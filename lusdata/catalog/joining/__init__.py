"""Several collections as one: whose tasks mean what (`labels`, `about`), what they share (`copies`), and the join."""
