"""Pictures for people: sheets of frames, previews of a contribution, film strips."""
