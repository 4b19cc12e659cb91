/**
 * How the portal starts programs of its own that handle what strangers wrote: taken out of the
 * application into a folder, in an environment of our making, behind the best walls that hold on
 * this machine. What the programs do to themselves is in {@code confinement}.
 */
@NullMarked
package dev.atelier.platform.confinement;

import org.jspecify.annotations.NullMarked;
