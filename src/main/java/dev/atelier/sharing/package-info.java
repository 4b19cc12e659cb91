/**
 * Who may use a thing: the tab where its owner decides that, and the requests of those who ask.
 * Owns the requests. Decides nothing itself: {@link dev.atelier.identity.Access} does.
 */
@NullMarked
package dev.atelier.sharing;

import org.jspecify.annotations.NullMarked;
