/**
 * Ways in and out: imports of what was recorded and registered elsewhere, and exports of everything
 * in open formats. Reads other systems' forms and says what of them could not be taken; what is
 * taken goes through the packages below, by their rules. Owns imports and their reports; never
 * writes a run or a version past those packages.
 */
@NullMarked
package dev.atelier.transfer;

import org.jspecify.annotations.NullMarked;
