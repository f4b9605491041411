"""What the import contracts cannot see: frozen revisions, and contracts that leave no folder out."""

from __future__ import annotations

from source_tree import ROOT, settings, sources

OURS = {"monitor", "drivers", "simulator"}


def test_a_revision_imports_nothing_that_may_change_under_it() -> None:
    revisions = [source for source in sources() if source.path.is_relative_to(ROOT / "migrations" / "versions")]
    assert revisions
    loose = [
        source.at(line, f"a revision imports {name}")
        for source in revisions
        for line, name in source.imports()
        if name.split(".")[0] in OURS
    ]
    assert not loose, "\n".join(loose)


def test_every_package_of_ours_is_watched() -> None:
    watched = set(settings()["tool"]["importlinter"]["root_packages"])
    shipped = set(settings()["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"])
    assert watched == shipped == OURS | {"migrations"}


def test_the_ladders_leave_no_folder_out() -> None:
    contracts = settings()["tool"]["importlinter"]["contracts"]
    exhaustive = {name for contract in contracts if contract.get("exhaustive") for name in contract["containers"]}
    assert exhaustive == {"monitor", "drivers"}
