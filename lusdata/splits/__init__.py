"""Who is tested when: targets, folds, and the audit of any split. Knows neither media nor shards."""
