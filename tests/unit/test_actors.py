"""Actor tables: what is read, and what is refused."""

from pathlib import Path

import numpy as np
import pytest

from waico.scenarios.actors import parse_status_quo, read_actors
from waico.scenarios.errors import InputError

HEAD = "actor,issue,position,salience,capability\n"
WANTED = "its columns should be actor, issue, position, salience, capability, with commas between them"


def write(folder: Path, data: str | bytes, name: str = "t.csv") -> Path:
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def test_actors_and_issues_are_sorted_whatever_the_order_of_rows(tmp_path: Path) -> None:
    rows = ["B,y,3,0.5,2", "A,x,1,0.25,1", "B,x,2,1,2"]
    for order in (rows, rows[::-1]):
        table = read_actors(write(tmp_path, HEAD + "\n".join(order) + "\n"))
        assert (table.actors, table.issues) == (("A", "B"), ("x", "y"))
        np.testing.assert_array_equal(table.position, [[1.0, np.nan], [2.0, 3.0]])
        np.testing.assert_array_equal(table.salience, [[0.25, 0.0], [1.0, 0.5]])
        np.testing.assert_array_equal(table.capability, [1.0, 2.0])


def test_without_a_column_for_it_there_is_one_issue(tmp_path: Path) -> None:
    table = read_actors(write(tmp_path, "actor,position,salience,capability\nA,-3.5,1,1\nB,1e3,0.5,0\n"))
    assert table.issues == ("issue",)
    np.testing.assert_array_equal(table.position, [[-3.5], [1000.0]])


def test_columns_may_come_in_any_order_among_others(tmp_path: Path) -> None:
    text = "note,capability,Region,salience,position,actor,issue\nwhy not,2,x,1,7,A,tax\n"
    table = read_actors(write(tmp_path, text))
    assert (table.actors, table.position.item(), table.capability.item()) == (("A",), 7.0, 2.0)


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbf" + HEAD.encode() + b"A,x,1,1,1\n",
        HEAD.replace("\n", "\r\n") + "A,x,1,1,1\r\n",
        HEAD + "\n  A , x , 1 , 1 , 1\n,,,,\n\n",
        HEAD + '"A","x","1",1,1',
    ],
    ids=["mark of byte order", "line ends of Windows", "blanks and empty lines", "quotation marks"],
)
def test_what_spreadsheets_write_is_read(data: str | bytes, tmp_path: Path) -> None:
    table = read_actors(write(tmp_path, data))
    assert (table.actors, table.issues, table.position.item()) == (("A",), ("x",), 1.0)


def test_names_that_look_like_missing_values_are_names(tmp_path: Path) -> None:
    assert read_actors(write(tmp_path, HEAD + "NA,x,1,1,1\nnan,x,2,1,1\n")).actors == ("NA", "nan")


@pytest.mark.parametrize(
    ("saliences", "shares"),
    [(("80", "1"), [0.8, 0.01]), (("0.8", "1"), [0.8, 1.0]), (("100", "0"), [1.0, 0.0]), (("1.5", "0.5"), [0.015, 0.005])],
)
def test_one_salience_above_one_makes_all_of_them_percent(
    saliences: tuple[str, str], shares: list[float], tmp_path: Path
) -> None:
    rows = f"A,x,0,{saliences[0]},1\nB,y,0,{saliences[1]},1\nB,x,0,0,1\nA,y,0,1,1\n"
    table = read_actors(write(tmp_path, HEAD + rows))
    np.testing.assert_allclose([table.salience[0, 0], table.salience[1, 1]], shares, rtol=1e-15)


REFUSED: dict[str, tuple[str | bytes, str]] = {
    "empty file": ("", "t.csv: is empty; mend the table"),
    "no rows": (HEAD, "t.csv: has no rows; give a row for each actor and issue"),
    "binary": (bytes(range(256)), "t.csv: is not text in UTF-8; mend the table"),
    "packed": (b"\x1f\x8b\x08\x00", "t.csv: is not text in UTF-8; mend the table"),
    "semicolons": (HEAD.replace(",", ";") + "A;x;1;1;1\n", f"t.csv: has no column 'actor'; {WANTED}"),
    "missing column": ("actor,issue,position,salience\nA,x,1,1\n", f"t.csv: has no column 'capability'; {WANTED}"),
    "column twice": (
        "actor,issue,position,position,salience,capability\nA,x,1,1,1,1\n",
        "t.csv: has more than one column 'position'; keep one of them",
    ),
    "ragged": (HEAD + "A,x,1,1,1\nA,y,1,1,1,1\n", "t.csv: has 6 cells in place of 5 in line 3; mend the table"),
    "ragged throughout": (HEAD + "A,x,1,1,1,9\n", "t.csv: has more cells in its rows than columns; mend the table"),
    "open quotation": (
        HEAD + 'A,"x,1,1,1\n', "t.csv: has a quotation mark in line 2 that is never closed; mend the table"
    ),
    "text for a number": (HEAD + "A,x,low,1,1\n", "t.csv: line 2, position: is 'low'; give a finite number"),
    "cell left out": (HEAD + "A,x,1,1\n", "t.csv: line 2, capability: is empty; give a finite number"),
    "cell left empty": (HEAD + "A,x,1,1,1\nB,x,,1,1\n", "t.csv: line 3, position: is empty; give a finite number"),
    "line after an empty one": (HEAD + "\nA,x,1,?,1\n", "t.csv: line 3, salience: is '?'; give a finite number"),
    "decimal comma": (
        HEAD + 'A,x,"0,5",1,1\n', "t.csv: line 2, position: is '0,5'; give a number with a decimal point"
    ),
    "nan": (HEAD + "A,x,nan,1,1\n", "t.csv: line 2, position: is 'nan'; give a finite number"),
    "infinite": (HEAD + "A,x,1,1,inf\n", "t.csv: line 2, capability: is 'inf'; give a finite number"),
    "huge": (HEAD + "A,x,-2e15,1,1\n", "t.csv: line 2, position: is '-2e15'; give a number of at most 1e+15"),
    "negative salience": (HEAD + "A,x,1,-0.1,1\n", "t.csv: line 2, salience: is -0.1; it should be at least 0"),
    "negative capability": (HEAD + "A,x,1,1,-1\n", "t.csv: line 2, capability: is -1; it should be at least 0"),
    "salience above 100": (
        HEAD + "A,x,1,101,1\n", "t.csv: line 2, salience: is 101; give a share from 0 to 1, or percent from 0 to 100"
    ),
    "actor without a name": (HEAD + " ,x,1,1,1\n", "t.csv: line 2, actor: is empty; give a name"),
    "issue without a name": (HEAD + "A,,1,1,1\n", "t.csv: line 2, issue: is empty; give a name"),
    "actor twice": (
        HEAD + "A,x,1,1,1\nB,x,1,1,1\nA,x,1,1,1\n",
        "t.csv: line 4: has 'A' on 'x' again, after line 2; keep one of the two rows",
    ),
    "two capabilities": (
        HEAD + "A,x,1,1,1\nA,y,1,1,2\n",
        "t.csv: line 3, capability: is 2, but 'A' has 1 in line 2; give each actor one capability",
    ),
    "nobody cares": (
        HEAD + "A,x,1,1,1\nA,y,1,0,1\n",
        "t.csv: salience: is 0 on 'y' for all actors with capability; give at least one of them some, or leave the issue out",
    ),
    "only the weak care": (
        HEAD + "A,x,1,1,0\nB,x,2,0,1\n",
        "t.csv: salience: is 0 on 'x' for all actors with capability; give at least one of them some, or leave the issue out",
    ),
    "no capability": (
        HEAD + "A,x,1,1,0\n", "t.csv: capability: is 0 for all actors; give at least one of them some"
    ),
    "too many actors": (
        HEAD + "".join(f"A{n},x,1,1,1\n" for n in range(1001)), "t.csv: has 1001 actors; give at most 1000"
    ),
    "too many issues": (
        HEAD + "".join(f"A,x{n},1,1,1\n" for n in range(65)), "t.csv: has 65 issues; give at most 64"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_actor_table(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data, expected = REFUSED[name]
    monkeypatch.chdir(write(tmp_path, data).parent)
    with pytest.raises(InputError) as error:
        read_actors("t.csv")
    assert str(error.value) == expected


def test_a_file_that_is_not_there_or_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path, HEAD + "A,x,1,1,1\n")
    monkeypatch.setattr("waico.scenarios.tables.MAX_BYTES", 50)
    for path, expected in {
        "nowhere.csv": "nowhere.csv: does not exist; give a .csv file",
        "a\0b.csv": "a?b.csv: does not exist; give a .csv file",
        ".": ".: is a folder; give a .csv file",
        "t.csv": "t.csv: is larger than 50 bytes; give a smaller table",
    }.items():
        with pytest.raises(InputError) as error:
            read_actors(path)
        assert str(error.value) == expected


def test_status_quo_by_issue() -> None:
    assert parse_status_quo(["a b=-3", "x=y=1e2", "a b = 4"]) == {"a b": 4.0, "x=y": 100.0}
    for text, expected in {
        "seat": "--status-quo: seat: is not an assignment; write issue=number, such as enforcement=0.5",
        "=1": "--status-quo: =1: is not an assignment; write issue=number, such as enforcement=0.5",
        "seat=": "--status-quo: seat=: is not an assignment; write issue=number, such as enforcement=0.5",
        "seat=high": "--status-quo: seat: is 'high'; give a finite number",
        "seat=0,5": "--status-quo: seat: is '0,5'; give a number with a decimal point",
        "seat=nan": "--status-quo: seat: is 'nan'; give a finite number",
    }.items():
        with pytest.raises(InputError) as error:
            parse_status_quo([text])
        assert str(error.value) == expected
