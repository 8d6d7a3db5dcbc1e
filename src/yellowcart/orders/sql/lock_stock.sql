-- First statement of a batch: whoever holds the rows of these SKUs decides alone on everything that hangs on
-- them (stock, limits per buyer). The next statement begins with a fresh snapshot and sees what the last
-- holder committed.
SELECT sku_id
FROM stock
WHERE shop_id = %(shop_id)s AND sku_id = ANY (%(sku_ids)s)
ORDER BY sku_id
FOR UPDATE
