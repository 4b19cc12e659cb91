/**
 * The landing page, search over everything, the docs. May use every feature; no feature uses it.
 */
@NullMarked
package dev.atelier.home;

import org.jspecify.annotations.NullMarked;
