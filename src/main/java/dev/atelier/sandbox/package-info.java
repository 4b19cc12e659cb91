/**
 * Try it: forms from signatures, examples, answers as people want them, explanations. Owns the
 * calls that people made; never loads a model and never decodes an upload, the runner does both.
 */
@NullMarked
package dev.atelier.sandbox;

import org.jspecify.annotations.NullMarked;
