/**
 * News for people: who is told what and why, the bell, the digest, and the stars by which people
 * follow things. Features post news in the transaction of the change it tells of. Never decides
 * what is news, and never shows anybody news about what they may not see.
 */
@NullMarked
package dev.atelier.notifications;

import org.jspecify.annotations.NullMarked;
