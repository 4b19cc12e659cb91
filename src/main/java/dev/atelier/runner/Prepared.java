package dev.atelier.runner;

import dev.atelier.inference.Tensor;
import java.util.List;

/**
 * What a person's value became.
 *
 * @param info JSON object that says what was done on the way
 */
record Prepared(List<Tensor> tensors, String info) {}
