/**
 * The runner process: loads one model into ONNX Runtime, answers inference calls that come as
 * frames on its standard input, and holds itself to the limits it was given. Started by {@code
 * serving}, called by nobody; never reads the database, the network or the environment.
 */
@NullMarked
package dev.atelier.runner;

import org.jspecify.annotations.NullMarked;
