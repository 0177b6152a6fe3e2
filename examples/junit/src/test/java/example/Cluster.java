package example;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hbase.HBaseConfiguration;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;

/**
 * A cluster for the tests of one class: created before the first, destroyed after the last. When a test fails, the
 * cluster is kept as it was at that moment.
 */
final class Cluster implements BeforeAllCallback, AfterAllCallback, TestExecutionExceptionHandler {
  private final String template;
  private final List<String> options;
  private String name;
  private JsonNode variables;
  private int failures;

  /** @param options of {@code bdsandbox create} */
  Cluster(String template, String... options) {
    this.template = template;
    this.options = List.of(options);
  }

  /** For clients in this JVM. */
  Configuration configuration() {
    Configuration configuration = HBaseConfiguration.create();
    configuration.addResource(file("HADOOP_CONF_DIR", "core-site.xml"));
    configuration.addResource(file("HADOOP_CONF_DIR", "hdfs-site.xml"));
    configuration.addResource(file("HBASE_CONF_DIR", "hbase-site.xml"));
    return configuration;
  }

  @Override
  public void beforeAll(ExtensionContext context) throws Exception {
    List<String> create = new ArrayList<>(List.of("create", template, "--ttl", "30m"));
    create.addAll(options);
    name = bdsandbox(create).get("name").asText();
    variables = bdsandbox(List.of("env", name, "--write", System.getProperty("kit"), "--force")).get("variables");
  }

  @Override
  public void afterAll(ExtensionContext context) throws Exception {
    if (name != null) bdsandbox(List.of("destroy", name, "--force"));
  }

  @Override
  public void handleTestExecutionException(ExtensionContext context, Throwable failure) throws Throwable {
    String kept = name + "-failed-" + ++failures;
    try {
      bdsandbox(List.of("snapshot", kept, "--sandbox", name, "--note", context.getDisplayName()));
      System.err.println("kept: bdsandbox restore " + kept);
    } catch (IOException unkept) {
      failure.addSuppressed(unkept);
    }
    throw failure;
  }

  /** @return the data of {@code --json}; progress goes to the output of the build */
  private static JsonNode bdsandbox(List<String> words) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("bdsandbox"));
    command.addAll(words);
    command.add("--json");
    Process process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    process.getOutputStream().close();
    JsonNode answer = new ObjectMapper().readTree(process.getInputStream());
    process.waitFor();
    if (answer.path("ok").asBoolean()) return answer.get("data");
    JsonNode error = answer.path("error");
    throw new IOException(error.path("message").asText() + "\n  next: " + error.path("hint").asText());
  }

  private org.apache.hadoop.fs.Path file(String folder, String file) {
    return new org.apache.hadoop.fs.Path(Path.of(variables.get(folder).asText(), file).toUri());
  }
}
