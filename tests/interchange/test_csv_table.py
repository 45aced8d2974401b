"""Tables as spreadsheets write them: separators, encodings and quotes; what is broken is named by row."""

import codecs

import pytest

from vpdlib.datasets.base import DatasetError
from vpdlib.interchange.csv_table import read_table


@pytest.fixture
def table(tmp_path):
    """Write a table and read its rows."""
    path = tmp_path / "t.csv"

    def read(content, **limits):
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        found = read_table(path, ("video", "label"), ("start",), **limits)
        return found.separator, [
            (row.where.rpartition(":")[2], *row.cells.values()) for row in found.rows
        ]

    read.path = path
    return read


PLAIN = "video,label,start\na,jump,1\nb,turn,2\n"
ROWS = [("2", "a", "jump", "1"), ("3", "b", "turn", "2")]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    "encode",
    [
        str.encode,
        lambda text: codecs.BOM_UTF8 + text.encode(),
        lambda text: text.encode("utf-16"),
        lambda text: codecs.BOM_UTF16_BE + text.encode("utf-16-be"),
    ],
)
def test_what_spreadsheets_write_is_taken(table, separator, line_end, encode):
    text = PLAIN.replace("\n", line_end).replace(",", separator).replace("jump", "grüße")
    rows = [("2", "a", "grüße", "1"), ROWS[1]]
    assert table(encode(text)) == (separator, rows)
    assert table(encode(text.rstrip())) == (separator, rows)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("line", ["sep={}", "SEP={}", '"sep={}"'])
def test_excels_own_first_line_is_taken(table, separator, line):
    text = line.format(separator) + "\r\n" + PLAIN.replace(",", separator)
    assert table(text) == (separator, [("3", *ROWS[0][1:]), ("4", *ROWS[1][1:])])


def test_the_stated_separator_counts(table):
    with pytest.raises(DatasetError, match=r"t.csv: column 'video' is missing; found \['video,"):
        table("sep=;\n" + PLAIN)
    with pytest.raises(DatasetError, match=r"t.csv:1: the separator is '\|'. Use commas"):
        table("sep=|\n" + PLAIN)


@pytest.mark.parametrize(
    "header",
    [
        "Video, Label ,START",
        '"video","label","start"',
        '"Video" , label,start',
        "\u00a0video,label\u00a0,start",
        "video\u200b,label,start",
        "video,label,start,",
        "video,label,,start",
    ],
)
def test_headers_are_taken_as_people_write_them(table, header):
    columns = header.split(",")
    blank = [i for i, name in enumerate(columns) if not name]
    cells = ["a", "jump", "1"]
    for place in blank:
        cells.insert(place, "")
    assert table(f"{header}\n{','.join(cells)}\n")[1] == ROWS[:1]


def test_a_column_without_a_name_holds_nothing(table):
    with pytest.raises(DatasetError, match=r"t.csv:3: 'x' is in a column without a name"):
        table("video,label,\na,jump,\nb,turn,x\n")


def test_blank_rows_are_left_out_and_counted(table):
    text = "\n\nvideo;label;start\n;;\n   \n\na;jump;1\n\t\n ; ;\nb;turn;2"
    assert table(text)[1] == [("7", "a", "jump", "1"), ("10", "b", "turn", "2")]


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ('"double, axel"', "double, axel"),
        ('"5"" jump"', '5" jump'),
        ('""""', '"'),
        ('"""axel"""', '"axel"'),
        (' "a, b" ', "a, b"),
        ('" axel "', "axel"),
        ("\u00a0axel\u00a0", "axel"),
        ("triple\u00a0axel", "triple\u00a0axel"),
        ("it's", "it's"),
        ('""', ""),
    ],
)
def test_cells_in_quotes_are_taken(table, cell, value):
    assert table(f"video,label,start\na,{cell},1\n")[1] == [("2", "a", value, "1")]
    tabbed = f"video\tlabel\tstart\na\t{cell}\t1\n"
    assert table(tabbed)[1] == [("2", "a", value, "1")]


@pytest.mark.parametrize("column", range(3))
@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ('"lutz', "a quote opens before .* and is not closed in its row"),
        ('"lutz""', "a quote opens before .* and is not closed in its row"),
        ('"', "a quote opens before .* and is not closed in its row"),
        ('"two\nlines"', "a quote opens before .* and is not closed in its row"),
        ('"two\rlines"', "a quote opens before .* and is not closed in its row"),
        ('lutz"', "a quote within"),
        ('5" jump', "a quote within"),
        ('="001"', "a quote within"),
        ('"lutz"x', "follows a closing quote"),
        ('"lutz" "axel"', "follows a closing quote"),
    ],
)
def test_open_and_stray_quotes_are_refused_by_row(table, column, cell, message):
    cells = ["b", "turn", "2"]
    cells[column] = cell
    text = f'video,label,start\na,"jump",1\n{",".join(cells)}\nc,"axel",3\n'
    with pytest.raises(DatasetError, match=rf"t.csv:3: .*{message}"):
        table(text)


def test_an_open_quote_in_the_header_is_refused(table):
    with pytest.raises(DatasetError, match=r"t.csv:1: a quote opens"):
        table('video,label,"start\na,jump,1\n')


@pytest.mark.parametrize("row", ["b,turn", "b,turn,12,48", "b", "b,turn,1,"])
def test_rows_of_another_length_are_refused(table, row):
    with pytest.raises(DatasetError, match=r"t.csv:3: .*more or fewer cells .* comma goes in quot"):
        table(f"video,label,start\na,jump,1\n{row}\n")


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("a\x0bb", "label holds U\\+000B"),
        ("a\x85b", "label holds U\\+0085"),
        ("a\u2028b", "label holds U\\+2028 LINE SEPARATOR"),
        ("gr\ufffd\ufffde", "label is .* a letter was lost"),
    ],
)
def test_what_cannot_stand_in_a_name_is_refused(table, cell, message):
    with pytest.raises(DatasetError, match=rf"t.csv:2: {message}"):
        table(f"video,label\na,{cell}\n")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("video,label\na,jump\nb,größe\n".encode("cp1252"), r":3: not UTF-8 .*0xF6, 'ö'.*as UTF-8"),
        ("video,label\r\na,größe\r\n".encode("cp437"), r":2: not UTF-8 text \(byte 0x94"),
        (PLAIN.encode("utf-16-le"), r":1: a zero byte: .*Save it as UTF-8"),
        (codecs.BOM_UTF16_LE + b"v\0i\0d", r": not whole UTF-16 text"),
        (b"PK\x03\x04" + bytes(40), r": a spreadsheet's own file.*as CSV UTF-8"),
        (b"\xd0\xcf\x11\xe0" + bytes(40), r": a spreadsheet's own file"),
        ("video,label\na,ju\0mp\n", r":2: a zero byte"),
        ("", r": column 'video' is missing; found \[\]"),
        ("video|label\na|jump\n", r": column 'video' is missing; .*commas, semicolons or tabs"),
        ("video;label;sprit\n", r": unknown columns \['sprit'\]; known: \['video', 'label'"),
        ("video,label,Label\n", r": a column occurs twice"),
        ("video,label;start\na,b\n", r": column 'label' is missing"),
    ],
)
def test_what_is_no_such_table_is_refused(table, content, message):
    with pytest.raises(DatasetError, match=rf"t\.csv{message}"):
        table(content)


def test_a_large_file_is_not_read(table):
    with pytest.raises(DatasetError, match=r"t.csv: \d+ bytes, .*Is it the right file"):
        table(PLAIN, max_bytes=20)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(DatasetError, match=r"none.csv does not exist"):
        read_table(tmp_path / "none.csv", ("video",))
