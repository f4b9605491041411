"""Every file has one reason, says it first, and is short enough to read in one go."""

from __future__ import annotations

import ast

from source_tree import Source, sources

FILE_LINES_MAX = 300
FUNCTION_LINES_MAX = 60


def test_no_file_is_longer_than_a_person_reads_in_one_go() -> None:
    long = [
        source.at(lines, f"{lines} lines, at most {FILE_LINES_MAX}")
        for source in sources()
        if (lines := source.text.count("\n")) > FILE_LINES_MAX
    ]
    assert not long, "\n".join(long)


def test_every_file_begins_with_a_sentence_that_says_why_it_exists() -> None:
    faults = [source.at(1, fault) for source in sources() if (fault := fault_of_first_line(source))]
    assert not faults, "\n".join(faults)


def fault_of_first_line(source: Source) -> str | None:
    docstring = ast.get_docstring(source.tree)
    if docstring is None:
        return None if not source.text.strip() else "no docstring"
    first = docstring.splitlines()[0]
    if not first.endswith((".", ":", "?")):
        return f"the first line of the docstring is no whole sentence: {first!r}"
    return (
        None if " " in first and first[0].isupper() else f"the first line of the docstring says too little: {first!r}"
    )


def test_no_function_is_longer_than_a_screen() -> None:
    long = [
        source.at(function.lineno, f"{function.name} has {lines} lines, at most {FUNCTION_LINES_MAX}")
        for source in sources()
        for function in source.functions()
        if (lines := (function.end_lineno or function.lineno) - function.lineno + 1) > FUNCTION_LINES_MAX
    ]
    assert not long, "\n".join(long)


def test_test_files_have_names_of_their_own() -> None:
    names: dict[str, str] = {}
    clashes = []
    for source in sources():
        if source.path.name.startswith("test_"):
            other = names.setdefault(source.path.name, source.at(1, ""))
            if other != source.at(1, ""):
                clashes.append(source.at(1, f"the name is taken by {other}"))
    assert not clashes, "\n".join(clashes)
