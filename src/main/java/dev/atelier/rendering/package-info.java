/**
 * The rendering process: runs the expressions and file templates of golden paths with Nunjucks, on
 * plain data that comes as JSON on its standard input. Started by {@code goldenpaths}, called by
 * nobody; never reads a file but its own, the network or the environment.
 */
@NullMarked
package dev.atelier.rendering;

import org.jspecify.annotations.NullMarked;
