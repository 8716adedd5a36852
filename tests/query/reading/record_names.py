# ruff: noqa: E501
"""Asks real engines how they call outputs without a name: ``python -m tests.query.reading.record_names [ENGINE ...]``.

Writes ``data/output_names.json``: ``{engine: {output: its name}}``; an output that the engine refuses is left out.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from ...fidelity.engines import EngineError, Missing, start

FILE = Path(__file__).parent / "data" / "output_names.json"
#: The table asked about.
SPECS = {
    "t": (
        {"id": "int64", "x": "int64", "d": "double", "s": "string"},
        [[1, 2, 0.5, "a"], [2, 3, 1.5, "b"]],
    )
}
COMMON = """
count(*)|COUNT(*)|count(x)|COUNT(DISTINCT x)|count( x )|sum(x)|SUM(t.x)|avg(d)|min(s)|MAX(x)|t.x|(x)|((x))|"x"|x + 1|x+1|x - 1
x * 2|x / 2|x % 2|-x|- x|(x + 1)|(x+1)*2|x + 1 * 2|x = 1|x <> 1|x != 1|x < 1|x >= 1|x > 1 AND id = 1|x > 1 OR id = 1
NOT x > 1|x IS NULL|x IS NOT NULL|x IN (1, 2)|x NOT IN (1, 2)|x BETWEEN 1 AND 2|s LIKE 'a%'|s NOT LIKE 'a%'|1|5|1.5|1.50|-1|'tag'|'it''s'
'two words'|''|NULL|null|TRUE|true|false|upper(s)|UPPER(s)|Upper(s)|lower(s)|lower( s )|length(s)|trim(s)|substring(s, 1, 1)|substr(s, 1, 1)
replace(s, 'a', 'b')|concat(s, 'x')|s || 'x'|s||s|coalesce(x, 0)|COALESCE(x,0)|nullif(x, 0)|abs(x)|round(d)|round(d, 1)|floor(d)|ceil(d)|ceiling(d)
power(x, 2)|sqrt(d)|exp(d)|ln(d)|mod(x, 2)|greatest(x, 1)|least(x, 1)|sign(x)|CAST(x AS DOUBLE)|CAST(id AS CHAR)|CAST(x + 1 AS DOUBLE)
CAST(x AS DECIMAL(10, 2))|cast(x as decimal(10,2))|CASE WHEN x > 1 THEN 1 ELSE 0 END|case when x > 1 then s end|CASE WHEN x > 1 THEN 's' ELSE s END
CASE x WHEN 1 THEN 'a' END|row_number() OVER (ORDER BY x)|sum(x) OVER (PARTITION BY s ORDER BY x)|rank() OVER (ORDER BY x DESC)|count(*) OVER ()
lag(x) OVER (ORDER BY id)|lag(x, 1) OVER (ORDER BY id)|(SELECT max(x) FROM t)|(SELECT x FROM t LIMIT 1)|EXISTS (SELECT 1 FROM t)|sum(x) / count(*)
round(avg(d), 2)|max(x) - min(x)|sum(CASE WHEN x > 1 THEN 1 ELSE 0 END)|upper(lower(s))|left(s, 1)|right(s, 1)|reverse(s)|x  +  1|x /* why */ + 1
"""
OWN = {
    "postgres": """
id::text|(x + 1)::int|(x + 1)::bigint|'5'::int|'5'::numeric(10,2)|'1'::smallint|'1'::real|'1'::double precision|'a'::varchar(3)|'a'::char(3)
'2024-01-01'::date|'2024-01-01'::timestamp|'2024-01-01'::timestamptz|'1 day'::interval|'t'::boolean|'{}'::json|'{}'::jsonb|'{1}'::int[]|NULL::int
x::text::int|sum(x)::int|CAST(sum(x) AS text)|DATE '2024-01-01'|TIMESTAMP '2024-01-01 00:00:00'|INTERVAL '1 day'|now()|current_date|current_timestamp
extract(year FROM now())|EXTRACT(YEAR FROM DATE '2024-01-01')|date_part('year', now())|date_trunc('day', now())|age(now(), now())
to_char(now(), 'YYYY')|to_date('2024', 'YYYY')|substring(s FROM 1 FOR 1)|trim(both 'a' FROM s)|ltrim(s)|position('a' IN s)|overlay(s placing 'b' from 1)
strpos(s, 'a')|string_agg(s, ',')|string_agg(s, ',' ORDER BY s)|array_agg(x)|json_agg(x)|jsonb_agg(x)|bool_and(x > 1)|every(x > 1)|count(*) FILTER (WHERE x > 1)
percentile_cont(0.5) WITHIN GROUP (ORDER BY x)|mode() WITHIN GROUP (ORDER BY x)|ARRAY[1, 2]|ARRAY(SELECT x FROM t)|(ARRAY[1, 2])[1]|array_length(ARRAY[1], 1)
now() AT TIME ZONE 'UTC'|s COLLATE "C"|'{"k": 1}'::json -> 'k'|'{"k": 1}'::json ->> 'k'|unnest(ARRAY[1])|generate_series(1, 2)|ROW(1, 2)|s ~ 'a'|s ILIKE 'a'
split_part(s, 'a', 1)|regexp_replace(s, 'a', 'b')|concat_ws(',', s, s)|format('%s', s)|md5(s)|chr(65)|ascii(s)|initcap(s)|repeat(s, 2)|lpad(s, 2, ' ')
width_bucket(d, 0, 1, 2)|random() > 2|make_date(2024, 1, 1)|stddev(d)|variance(d)|corr(d, d)|first_value(x) OVER (ORDER BY id)|ntile(2) OVER (ORDER BY x)
dense_rank() OVER (ORDER BY x)|char_length(s)|octet_length(s)|trunc(d)|log(d)|pi()|json_build_object('a', 1)|to_json(x)|row_to_json(t)|CASE WHEN x > 1 THEN 1 ELSE x END
CASE WHEN x > 1 THEN 1 ELSE abs(x) END|(CASE WHEN x > 1 THEN 1 END)::text|(SELECT count(*) FROM t)|(SELECT 1)|(SELECT max(x) AS m FROM t)|x IS DISTINCT FROM 1|session_user = 'a'
""",
    "databricks": """
CAST(x AS STRING)|CAST(x + 1 AS STRING)|CAST('1' AS INT)|DATE '2024-01-01'|TIMESTAMP '2024-01-01 00:00:00'|collect_list(x)|collect_set(x)|array(1, 2)|array(x, 1)[0]
map('u', 1)['u']|map('u', 1)|struct(x, s)|named_struct('a', 1)|named_struct('a', 1).a|explode(array(1, 2))|size(array(1))|current_date() = 1|date_add(DATE '2024-01-01', 1)
year(DATE '2024-01-01')|month(DATE '2024-01-01')|date_format(DATE '2024-01-01', 'y')|to_date('2024-01-01')|datediff(DATE '2024-01-01', DATE '2024-01-02')
first(x)|last(x)|stddev(d)|variance(d)|percentile_approx(d, 0.5)|approx_count_distinct(x)|if(x > 1, 1, 0)|IF(x > 1, 1, 0)|ifnull(x, 0)|nvl(x, 0)|isnull(x)
initcap(s)|split(s, 'a')|split(s, 'a')[0]|regexp_extract(s, 'a', 0)|concat_ws(',', s, s)|s RLIKE 'a'|pow(x, 2)|log(d)|lpad(s, 2, ' ')|instr(s, 'a')|x <=> 1|x DIV 2|1L|1.5D|1e2
TRY_CAST(x AS INT)|TRY_CAST('1' AS INT)|CAST('1' AS SMALLINT)|CAST(x + 1 AS DECIMAL(10, 2))|CAST('a' AS BINARY)|TRY_CAST(s AS INT) + 1|CAST(DATE '2024-01-01' AS STRING)
count(DISTINCT x, s)|mean(d)|std(d)|ucase(s)|character_length(s)|char_length(s)|extract(year FROM DATE '2024-01-01')|count(1)|count(if(x > 1, 1, NULL))|count(*) FILTER (WHERE x > 1)
max_by(s, x)|row_number() OVER (PARTITION BY s ORDER BY x DESC)|dense_rank() OVER (ORDER BY x)|date_trunc('DAY', TIMESTAMP '2024-01-01 00:00:00')|sum(x) + 1
""",
    "mysql": """
`x`|t.`x`|IF(x > 1, 1, 0)|ifnull(x, 0)|CAST(x AS SIGNED)|CONCAT(s, 'a')|concat(s,'a')|DATE_FORMAT('2024-01-01', '%Y')|YEAR('2024-01-01')|x DIV 2|group_concat(s)
'a' 'b'|"dq"|CONVERT(x, CHAR)|DATE '2024-01-01'|x IS TRUE|x -- why
+ 1
""",
    "sqlite": """
[x]|`x`|t . x|CAST(x AS TEXT)|ifnull(x, 0)|iif(x > 1, 1, 0)|group_concat(s)|date('2024-01-01')|strftime('%Y', '2024-01-01')|printf('%d', x)|+x|x COLLATE NOCASE|x -- why
+ 1
""",
    "clickhouse": """
CAST(id AS String)|CAST(x + 1 AS String)|x::String|toString(x)|count()|uniq(x)|arrayJoin([1, 2])|[1, 2]|(1, 2)|[1, 2][1]|toDate('2024-01-01')|toYear(toDate('2024-01-01'))
if(x > 1, 1, 0)|x > 1 ? 1 : 0|multiIf(x > 1, 1, 0)|sumIf(x, x > 1)|countIf(x > 1)|groupArray(x)|quantile(0.5)(d)|argMax(s, x)|any(x)|length(s)|toInt32(x)|DATE '2024-01-01'
arrayMap(y -> y + 1, [1])|map('a', 1)|tuple(1, 's')|tuple(1, 's').1|INTERVAL 1 DAY|now() > now()|lowerUTF8(s)|formatDateTime(toDate('2024-01-01'), '%Y')|x NOT IN (1)|s ILIKE 'a'
""",
}
ENGINES = ("postgres", "databricks", "sqlite", "mysql", "clickhouse")


def outputs(engine: str) -> list[str]:
    """What an engine is asked."""
    texts = f"{COMMON.strip()}\n{OWN[engine].strip()}".replace("||", "##").replace("why\n+", "why@+")
    listed = (text.replace("##", "||").replace("@", "\n") for text in texts.replace("\n", "|").split("|"))
    return list(dict.fromkeys(listed))


def main(engines: list[str]) -> None:
    """Writes the answers of some engines."""
    found = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}
    for engine in engines or ENGINES:
        try:
            with start({"databricks": "spark"}.get(engine, engine), SPECS) as run:
                found[engine] = {}
                for output in outputs(engine):
                    try:
                        names, _ = run(f"SELECT {output} FROM t LIMIT 1")
                    except EngineError:
                        continue
                    found[engine][output] = names[0] if len(names) == 1 else names
        except Missing as missing:
            print(f"{engine}: {missing}")
            continue
        print(f"{engine}: {len(found[engine])} names")
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(json.dumps(found, indent=0, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
