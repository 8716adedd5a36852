"""JSON in texts: https://docs.aws.amazon.com/redshift/latest/dg/json-functions.html"""

from __future__ import annotations

from .. import DialectRules

R = DialectRules("redshift json")

R.macros(
    {
        "is_valid_json": ("rs__is_json", "BOOLEAN"),
        # CAN_JSON_PARSE.html
        "can_json_parse": ("rs__strict", "BOOLEAN"),
        "is_valid_json_array": ("rs__is_json_array", "BOOLEAN"),
        "json_array_length": ("rs__json_length", "BIGINT"),
        "json_extract_array_element_text": ("rs__json_element", "VARCHAR"),
    }
)
# get_array_length.html, array_flatten.html
R.renames({"get_array_length": ("len", "BIGINT"), "array_flatten": ("flatten", None)})
