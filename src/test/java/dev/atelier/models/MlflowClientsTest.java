package dev.atelier.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.atelier.Administrator;
import dev.atelier.Installed;
import dev.atelier.PythonClients;
import dev.atelier.TestDatabase;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Scripts as people write them, run by the real clients of both majors against the portal: two
 * variables say where it is and who they are, nothing else is changed.
 */
@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@DisplayName("The real mlflow client")
class MlflowClientsTest {

    private static final Path SCRIPTS = Path.of("src/test/clients").toAbsolutePath();

    @TestHTTPResource("/")
    URI portal;

    @ParameterizedTest(name = "of MLflow {0} runs {1}")
    @CsvSource({
        "2, mlflow-tracking.py, /mlflow/vision",
        "3, mlflow-tracking.py, ''",
        "2, mlflow-registry.py, ''",
        "3, mlflow-registry.py, /mlflow",
        "2, mlflow-training.py, ''",
        "3, mlflow-training.py, /mlflow/vision",
    })
    void runs_unchanged(int major, String script, String prefix) throws Exception {
        Installed.require(PythonClients.found(), "there is no python3 with venv and pip");

        var said = run(PythonClients.mlflow(major), script, prefix);

        assertThat(said).endsWith("ok\n");
    }

    @ParameterizedTest(name = "of MLflow {0} runs PyTorch")
    @ValueSource(ints = {2, 3})
    void runs_pytorch_where_it_is(int major) throws Exception {
        var said = run(pytorch(major), "mlflow-pytorch.py", "");

        assertThat(said).endsWith("ok\n");
    }

    /**
     * PyTorch from the registry is more than 6 GB with what it needs, so it is installed only when
     * that is asked for; else the test takes the one that the machine has. MLflow 3 needs PyTorch
     * 2.
     */
    private static Path pytorch(int major) throws IOException, InterruptedException {
        var client = major == 2 ? "mlflow==2.22.5" : "mlflow==3.17.2";
        if ("true".equals(System.getenv("ATELIER_TEST_PYTORCH"))) {
            return PythonClients.environment(
                    "mlflow-pytorch-" + major,
                    client,
                    "torch==2.15.0",
                    "pytorch-lightning==2.6.6",
                    "numpy<2");
        }
        var base = PythonClients.having(major == 2 ? "torch" : "torch.export");
        assumeTrue(base != null, "no python3 of this machine has PyTorch, or too old a one");
        return PythonClients.environment(base, "mlflow-own-pytorch-" + major, client, "numpy<2");
    }

    private String run(Path python, String script, String prefix)
            throws IOException, InterruptedException {
        return PythonClients.run(
                Map.of(
                        "MLFLOW_TRACKING_URI",
                        portal.toString().replaceAll("/$", "") + prefix,
                        "MLFLOW_TRACKING_TOKEN",
                        Administrator.TOKEN,
                        // A wrong answer shall fail at once, not after minutes.
                        "MLFLOW_HTTP_REQUEST_MAX_RETRIES",
                        "1",
                        "GIT_PYTHON_REFRESH",
                        "quiet",
                        "MLFLOW_DISABLE_TELEMETRY",
                        "true",
                        "PYTHONWARNINGS",
                        "ignore"),
                SCRIPTS,
                300,
                python.toString(),
                script);
    }
}
