"""Where the cache lies, and which paths a digest may become."""

from __future__ import annotations

from pathlib import Path

import pytest

from lusdata.errors import DataError
from lusdata.media.cache import Cache, cache_dir


def test_the_cache_lies_where_the_user_says(monkeypatch, tmp_path):
    monkeypatch.setenv("LUSDATA_CACHE", str(tmp_path / "big"))
    assert cache_dir() == tmp_path / "big"


def test_a_tilde_in_the_users_word_is_the_home_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("LUSDATA_CACHE", "~/recordings")
    assert cache_dir() == tmp_path / "recordings"


def test_without_a_word_the_cache_is_lusdatas_own_folder_and_is_not_made(monkeypatch, tmp_path):
    monkeypatch.delenv("LUSDATA_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folder = cache_dir()
    assert "lusdata" in folder.parts
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("digest", ["", "../../etc/passwd", "A" * 64, "0" * 63, "0" * 65, "0" * 64 + "\n"])
def test_what_is_no_digest_becomes_no_path(digest):
    with pytest.raises(DataError, match="not a sha256 digest"):
        Cache(Path("cache")).object_path(digest)
