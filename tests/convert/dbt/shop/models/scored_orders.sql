{{ config(materialized='table', tags=['score', 'daily']) }}
with orders as (select * from {{ ref('stg_orders') }}), places as (select * from {{ ref('regions') }})
select
    o.order_id,
    p.name as region,
    {{ cents('o.amount') }} as cents,
    cast(o.amount * coalesce(p.factor, 1) as decimal(12, 2)) as score,
    o.amount >= {{ var('at_least') }} as is_big
from orders as o
left join places as p on p.code = o.region
