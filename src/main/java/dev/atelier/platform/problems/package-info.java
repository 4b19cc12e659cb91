/** What can go wrong in a request, and how it is told to pages, htmx and API clients. */
@NullMarked
package dev.atelier.platform.problems;

import org.jspecify.annotations.NullMarked;
