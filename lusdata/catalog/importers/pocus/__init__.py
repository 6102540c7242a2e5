"""covid19_ultrasound: `cells` and `rows` of its sheet, `places` of files, `groups` and `rules`; `collection` drafts."""
