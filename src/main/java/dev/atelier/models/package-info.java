/**
 * The registry: models, their immutable versions with files, cards, signatures and scans, and the
 * aliases that name them. Never runs a model, and never loads what a file would execute.
 */
@NullMarked
package dev.atelier.models;

import org.jspecify.annotations.NullMarked;
