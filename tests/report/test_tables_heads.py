"""Tables S2 and S4, by hand."""

from vpdlib.report.tables_heads import few_shot_table, heads_table


def test_tableS2_by_hand(write_trials):
    cells = write_trials(
        ("vpdvi", "bigru", "k4", (3, 4, 8)),
        ("vpdvi", "nns", "k4", (5, 7)),
        ("vpdvi", "bigru", "k8", (9, 9)),
        ("mine", "bigru", "k4", (1,)),
        ("vpdvi", "cnn", "k4", (10, 10)),  # another head
        ("vpdvi", "bigru", "full", (10, 10)),
    )
    table = few_shot_table(cells, ["vpdvi", "mine"], [4, 8], "Diving48")
    names = [
        f"{head}{k}{s}" for k in (4, 8) for head in ("bigru", "nns") for s in ("", "_sd", "_paper")
    ]
    assert list(table) == ["method", *names]
    row = table.set_index("method").loc["vpdvi"]
    # Sample deviation of 30, 40, 80: sqrt((400 + 100 + 900) / 2); the paper's from its Table S2.
    assert row[names[:3]].tolist() == [50.0, 26.46, 29.2]
    assert row[names[3:6]].tolist() == [60.0, 14.14, 16.9]
    assert row[names[6:9]].tolist() == [90.0, 0.0, 34.0]
    assert row[["nns8", "nns8_sd"]].isna().all()
    assert row["nns8_paper"] == 21.2
    row = table.set_index("method").loc["mine"]
    assert row["bigru4"] == 10.0
    assert row.drop("bigru4").isna().all()


def test_tableS4_by_hand(write_trials):
    cells = write_trials(
        ("vpdvi", "bigru_attn", "full", (8, 9)),
        ("vpdvi", "nns", "full", (7,)),
        ("mine", "cnn", "full", (6, 6)),
        ("vpdvi", "bilstm", "k4", (1, 1)),
    )
    table = heads_table(cells, ["vpdvi", "mine"], "FSJump6")
    assert list(table) == [
        "head", "label", "vpdvi", "vpdvi_std", "vpdvi_paper", "mine", "mine_std", "mine_paper",
    ]  # fmt: skip
    assert table["label"].tolist() == [
        "NNS (DTW)", "CNN", "BiLSTM", "BiLSTM (attn)", "BiGRU", "BiGRU (attn)",
    ]  # fmt: skip
    table = table.set_index("head")
    assert list(table.index) == ["nns", "cnn", "bilstm", "bilstm_attn", "bigru", "bigru_attn"]
    assert table["vpdvi_paper"].tolist() == [92.7, 96.0, 98.1, 97.9, 97.4, 98.3]
    assert table.loc["bigru_attn", ["vpdvi", "vpdvi_std"]].tolist() == [85.0, 7.07]
    assert table.loc["nns", "vpdvi"] == 70.0
    assert table["vpdvi_std"].notna().tolist() == [False] * 5 + [True]
    assert table["vpdvi"].notna().tolist() == [True, False, False, False, False, True]
    assert table["mine"].notna().tolist() == [False, True, False, False, False, False]
    assert table["mine_paper"].isna().all()


def test_the_paper_has_no_nearest_neighbour_on_diving(write_trials):
    table = heads_table(write_trials(), ["vipe"], "Diving48").set_index("head")
    assert table["vipe_paper"].isna().tolist() == [True] + [False] * 5
    assert table.loc["cnn", "vipe_paper"] == 58.8
    assert table["vipe"].isna().all()
