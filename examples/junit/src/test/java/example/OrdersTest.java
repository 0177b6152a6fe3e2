package example;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.apache.hadoop.hbase.TableName;
import org.apache.hadoop.hbase.client.ColumnFamilyDescriptorBuilder;
import org.apache.hadoop.hbase.client.Connection;
import org.apache.hadoop.hbase.client.ConnectionFactory;
import org.apache.hadoop.hbase.client.Get;
import org.apache.hadoop.hbase.client.Put;
import org.apache.hadoop.hbase.client.Table;
import org.apache.hadoop.hbase.client.TableDescriptorBuilder;
import org.apache.hadoop.hbase.util.Bytes;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class OrdersTest {
  @RegisterExtension
  static final Cluster CLUSTER = new Cluster("hadoop-hbase", "--nodes", "1");

  private static final TableName ORDERS = TableName.valueOf("orders");
  private static final byte[] FAMILY = Bytes.toBytes("o");
  private static final byte[] AMOUNT = Bytes.toBytes("amount");

  @Test
  void anOrderIsFoundByItsNumber() throws Exception {
    try (Connection connection = ConnectionFactory.createConnection(CLUSTER.configuration())) {
      connection.getAdmin().createTable(
          TableDescriptorBuilder.newBuilder(ORDERS).setColumnFamily(ColumnFamilyDescriptorBuilder.of(FAMILY)).build());
      try (Table table = connection.getTable(ORDERS)) {
        table.put(new Put(Bytes.toBytes("1001")).addColumn(FAMILY, AMOUNT, Bytes.toBytes("12.50")));
        byte[] amount = table.get(new Get(Bytes.toBytes("1001"))).getValue(FAMILY, AMOUNT);
        assertEquals("12.50", Bytes.toString(amount));
      }
    }
  }
}
