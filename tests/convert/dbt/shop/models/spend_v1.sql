select customer_id, sum(amount) as spent from {{ ref('stg_orders') }} group by customer_id
