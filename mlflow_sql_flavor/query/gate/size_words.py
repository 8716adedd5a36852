"""Names by which `query_bounds` tells what decides the size of a result, and in which place it stands."""

__all__ = [
    "BESIDE",
    "FIXED",
    "JSON",
    "NESTS",
    "OF_WINDOWS",
    "QUANTILES",
    "REPLACES",
    "TEXTS",
    "TO_LENGTH",
    "TRANSFORMS",
]


#: Types whose values are of one small size, whatever they are cast from.
FIXED = {"boolean", "tinyint", "smallint", "integer", "bigint", "real", "float", "double", "date", "timestamp"}

#: Loops whose result holds what they made and nothing of what they were given.
TRANSFORMS = {"list_transform", "array_transform", "list_apply", "array_apply", "apply"}

# Which argument says how long the result is, and which one stands in the place of each thing that is found.
TO_LENGTH = {"lpad": 1, "rpad": 1, "list_resize": 1, "array_resize": 1, "bitstring": 1, "to_base": 2}
REPLACES = {"replace": 2, "regexp_replace": 2, "array_to_string": 1, "list_string_agg": 1, "string_agg": 1}
REPLACES |= {"array_to_string_comma_default": 1, "group_concat": 1, "listagg": 1}


BESIDE = ("filter", "filter_expr", "order_bys", "orders", "partitions")
OF_WINDOWS = ("default_expr", "offset_expr", "start_expr", "end_expr")
QUANTILES = frozenset(["approx_quantile", "quantile", "quantile_cont", "quantile_disc", "reservoir_quantile"])
JSON = frozenset(["array_to_json", "json_array", "json_object", "json_quote", "row_to_json", "to_json"])
NESTS = ("array", "list", "map", "row", "struct", "union")
TEXTS = frozenset(["bit", "blob", "json", "varchar"])
