from pathlib import Path

from cogworks.stale.remade import forget, lost, note


def test_only_what_is_noted_and_gone_is_lost(tmp_path: Path) -> None:
    noted = tmp_path / "noted.json"
    kept, remade, gone = (str(tmp_path / name) for name in ("kept", "remade", "gone"))
    assert lost(noted) == []
    for path in (kept, remade):
        Path(path).touch()
    note([kept, remade, gone], noted)
    assert lost(noted) == [gone]
    Path(remade).unlink()
    assert lost(noted) == [gone, remade]


def test_other_runs_do_not_forget_what_one_has_lost(tmp_path: Path) -> None:
    noted = tmp_path / "noted.json"
    first, other = tmp_path / "first", tmp_path / "other"
    first.touch()
    other.touch()
    note([str(first)], noted)
    first.unlink()
    note([str(other)], noted)
    forget([str(first), str(other)], noted)
    assert lost(noted) == [str(first)]
    first.touch()
    forget([str(first)], noted)
    assert not noted.exists()


def test_a_run_that_is_refused_leaves_the_note_of_one_that_is_active(tmp_path: Path) -> None:
    """It notes what it would make, and then finds that the folder is locked."""
    noted = tmp_path / "noted.json"
    made, other = tmp_path / "made", tmp_path / "other"
    made.touch()
    other.touch()
    note([str(made)], noted)
    note([str(other)], noted)
    note([], noted)
    made.unlink()
    assert lost(noted) == [str(made)]


def test_a_file_that_is_removed_after_a_good_run_is_not_lost(tmp_path: Path) -> None:
    noted, made = tmp_path / "noted.json", tmp_path / "made"
    made.touch()
    note([str(made)], noted)
    forget([str(made)], noted)
    made.unlink()
    assert lost(noted) == []
