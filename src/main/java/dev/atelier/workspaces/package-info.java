/** Workspaces: machines to work on. */
@NullMarked
package dev.atelier.workspaces;

import org.jspecify.annotations.NullMarked;
