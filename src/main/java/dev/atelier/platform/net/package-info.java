/**
 * The network beyond the portal. Every address that a person or a document may give is fetched here
 * and nowhere else, so that nobody reaches machines that only the portal can reach.
 */
@NullMarked
package dev.atelier.platform.net;

import org.jspecify.annotations.NullMarked;
