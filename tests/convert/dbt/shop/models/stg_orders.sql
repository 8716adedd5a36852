{{ config(materialized='view', tags=['staging']) }}
select id as order_id, customer as customer_id, region, cast(amount as decimal(10, 2)) as amount, ordered_at
from {{ ref('raw_orders') }}
