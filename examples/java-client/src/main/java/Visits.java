import java.io.IOException;
import org.apache.hadoop.hbase.HBaseConfiguration;
import org.apache.hadoop.hbase.TableName;
import org.apache.hadoop.hbase.client.Admin;
import org.apache.hadoop.hbase.client.ColumnFamilyDescriptorBuilder;
import org.apache.hadoop.hbase.client.Connection;
import org.apache.hadoop.hbase.client.ConnectionFactory;
import org.apache.hadoop.hbase.client.Get;
import org.apache.hadoop.hbase.client.Put;
import org.apache.hadoop.hbase.client.Table;
import org.apache.hadoop.hbase.client.TableDescriptorBuilder;
import org.apache.hadoop.hbase.util.Bytes;

/** Writes a row and reads it. Nothing in it is of a sandbox: what it connects to is on its class path. */
public final class Visits {
  public static void main(String[] arguments) throws IOException {
    TableName visits = TableName.valueOf("visits");
    byte[] family = Bytes.toBytes("f");
    byte[] page = Bytes.toBytes("page");
    byte[] row = Bytes.toBytes("r1");
    try (Connection connection = ConnectionFactory.createConnection(HBaseConfiguration.create());
        Admin admin = connection.getAdmin();
        Table table = connection.getTable(visits)) {
      if (!admin.tableExists(visits)) {
        admin.createTable(
            TableDescriptorBuilder.newBuilder(visits)
                .setColumnFamily(ColumnFamilyDescriptorBuilder.of(family))
                .build());
      }
      table.put(new Put(row).addColumn(family, page, Bytes.toBytes("/home")));
      System.out.println("r1 f:page " + Bytes.toString(table.get(new Get(row)).getValue(family, page)));
    }
  }
}
