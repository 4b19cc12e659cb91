package dev.atelier.transfer;

import dev.atelier.Administrator;
import dev.atelier.PythonClients;
import dev.atelier.Temporary;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Map;

/** MLflow's own client, which fills a tracking server and says what one has. */
final class RealClient {

    private static final String EXPERIMENTS = "penguins: species|walks|thrown away";
    private static final Path SCRIPTS = Path.of("src/test/clients").toAbsolutePath();

    private RealClient() {}

    static void fill(String address, String prefix) throws Exception {
        fill(3, address, prefix);
    }

    /**
     * @param major of the client
     */
    static void fill(int major, String address, String prefix) throws Exception {
        var unused =
                run(
                        major,
                        "mlflow-fill.py",
                        address,
                        "",
                        Map.of("FILL_MODELS", "yes", "PREFIX", prefix),
                        Temporary.folder("client"));
    }

    private static String run(
            int major,
            String script,
            String address,
            String argument,
            Map<String, String> more,
            Path folder)
            throws Exception {
        var environment = new HashMap<>(more);
        environment.putAll(
                Map.of(
                        "MLFLOW_TRACKING_URI",
                        address.replaceAll("/$", ""),
                        "MLFLOW_TRACKING_TOKEN",
                        Administrator.TOKEN,
                        "MLFLOW_HTTP_REQUEST_MAX_RETRIES",
                        "1",
                        "MLFLOW_ALLOW_FILE_STORE",
                        "true",
                        "GIT_PYTHON_REFRESH",
                        "quiet",
                        "MLFLOW_DISABLE_TELEMETRY",
                        "true",
                        "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR",
                        "false",
                        "PYTHONWARNINGS",
                        "ignore"));
        return PythonClients.run(
                environment,
                folder,
                240,
                PythonClients.mlflow(major).toString(),
                SCRIPTS.resolve(script).toString(),
                argument);
    }

    /**
     * Everything in one form.
     *
     * @param prefix of all names
     * @param behind what stands behind the names of experiments and models there
     */
    static String dump(String address, String prefix, String behind) throws Exception {
        return dump(3, address, prefix, behind, Temporary.folder("client"));
    }

    /**
     * @param major of the client
     * @param folder where it is run
     */
    static String dump(int major, String address, String prefix, String behind, Path folder)
            throws Exception {
        var names = new ArrayList<String>();
        for (var name : EXPERIMENTS.split("\\|")) {
            names.add(prefix + name + behind);
            names.add(prefix + "thrown away");
        }
        var said =
                run(
                        major,
                        "mlflow-dump.py",
                        address,
                        String.join("|", names),
                        Map.of(
                                "MODELS",
                                "Penguin Weights|nothing yet",
                                "MODEL_SUFFIX",
                                behind,
                                "PREFIX",
                                prefix),
                        folder);
        return said.substring(said.indexOf("{\n"));
    }
}
