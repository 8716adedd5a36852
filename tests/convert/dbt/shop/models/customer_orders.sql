select c.id as customer_id, c.full_name, count(o.order_id) as orders, coalesce(sum(o.amount), 0) as total
from {{ source('raw', 'customers') }} as c
left join {{ ref('big_orders') }} as o on o.customer_id = c.id
group by c.id, c.full_name
