"""The format-string reader that the dialects share."""

import pytest

from mlflow_sql_flavor.query.dialects.shared.date_formats import UnknownToken, timefmt

WORDS = {"YYYY": "%Y", "YY": "%y", "MM": "%m", "MON": "%b", "DD": "%d"}
SIGNS = {"%Y": "%Y", "%i": "%M", "%%": "%%"}


@pytest.mark.parametrize(
    ("fmt", "options", "expected"),
    [
        ("YYYY-MM-DD", {}, "%Y-%m-%d"),
        ("YYYYMMDD", {}, "%Y%m%d"),  # the longest token wins
        ("YYYYYY", {}, "%Y%y"),
        ("yyyy-Mon", {"fold": True}, "%Y-%b"),
        ('YYYY"Year"', {"quote": '"'}, "%YYear"),
        ("'it''s' YY", {"quote": "'"}, "its %y"),
        ("''YY", {"quote": "'"}, "'%y"),  # a doubled quote is one quote
        ("100% YY", {}, "100%% %y"),
        ('"50%"YY', {"quote": '"'}, "50%%%y"),
        (r"\YYY", {"escape": "\\"}, "Y%y"),
        ("", {}, ""),
        ("éYY".replace("é", "-"), {}, "-%y"),
    ],
)
def test_words(fmt, options, expected):
    assert timefmt(fmt, WORDS, **options) == expected


@pytest.mark.parametrize(
    ("fmt", "options", "token", "offset"),
    [
        ("YYYY-QQ", {}, "Q", 5),
        ("yyyy", {}, "y", 0),  # case matters unless folded
        ('DD "open', {"quote": '"'}, '"open', 3),
        ("Month", {"fold": True}, "t", 3),  # what is left behind a shorter token is not swallowed
    ],
)
def test_unknown_word(fmt, options, token, offset):
    with pytest.raises(UnknownToken) as e:
        timefmt(fmt, WORDS, **options)
    assert (e.value.token, e.value.offset) == (token, offset)


def test_signs():
    assert timefmt("%Y at %i %%", SIGNS, letters=False) == "%Y at %M %%"
    with pytest.raises(UnknownToken) as e:
        timefmt("at %q", SIGNS, letters=False)
    assert (e.value.token, e.value.offset) == ("%q", 3)
