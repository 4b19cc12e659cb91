/**
 * Experiments, their runs with params, metrics, tags, inputs and artifacts, and the models that
 * runs log; as pages, and in MLflow's REST protocol for its clients. Knows nothing of registered
 * models: what a run made becomes a version in {@code models}.
 */
@NullMarked
package dev.atelier.experiments;

import org.jspecify.annotations.NullMarked;
