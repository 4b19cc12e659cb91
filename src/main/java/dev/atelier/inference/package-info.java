/**
 * Tensors, signatures and the Open Inference Protocol codec, shared by portal and runner. Depends
 * on nothing above; never loads ONNX Runtime.
 */
@NullMarked
package dev.atelier.inference;

import org.jspecify.annotations.NullMarked;
