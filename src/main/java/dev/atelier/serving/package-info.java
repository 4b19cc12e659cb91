/**
 * From an inference call to a confined runner process and back: the gateway, the pool of runners,
 * the Open Inference Protocol v2 over HTTP, and the counts of what was served. Never parses tensors
 * on the way, never loads ONNX Runtime, never trusts a byte that a runner says.
 */
@NullMarked
package dev.atelier.serving;

import org.jspecify.annotations.NullMarked;
