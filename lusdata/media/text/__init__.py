"""Writing burned into the picture: `strokes`, joined to `lines`, judged by the `finder`; `reading` asks an engine."""
