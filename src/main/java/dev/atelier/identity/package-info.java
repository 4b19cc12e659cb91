/**
 * Who acts, and what is written down about it. Owns the audit log; never decides what a feature
 * does.
 */
@NullMarked
package dev.atelier.identity;

import org.jspecify.annotations.NullMarked;
