"""What exists: manifests, their schema, rules, rights and groups. No pixels, no network."""
