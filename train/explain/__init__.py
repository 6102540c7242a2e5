"""Why a model says what it says, and how sure it is.

Read in this order: `cam` (where in the picture the evidence lies), `fold_models` (a finished run's networks over its
data), `field` (where in a picture anatomy can be), `peaks` and `mmd` (where the evidence is strongest, and whether
classes differ), `agreement` (networks that saw a video in training against the one that did not), `overlap` (does the
evidence lie on the pattern), `uncertainty` (the paper's two confidences), `study`, `study_page` and `study_answers`
(physicians judge the maps, blinded), `figures`.
"""
