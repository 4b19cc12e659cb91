package dev.atelier.experiments;

import java.util.List;

/**
 * Files of registered model versions, which MLflow's clients read at {@code
 * mlflow-artifacts:/registry/<model>/<version>/…}. Models stand above this package, so they
 * implement this, and decide who may.
 */
public interface RegisteredFiles {

    /** What their addresses begin with. */
    String FOLDER = "registry/";

    /**
     * What lies directly in a folder.
     *
     * @param address behind {@link #FOLDER}
     */
    List<Artifacts.Entry> list(String address);

    /**
     * @param address behind {@link #FOLDER}
     * @throws dev.atelier.platform.problems.NotFound when there is no such file
     */
    Artifacts.File get(String address);
}
