/** Data sets that teams publish in the catalog: what they hold, whose they are, how long. */
@NullMarked
package dev.atelier.datasets;

import org.jspecify.annotations.NullMarked;
