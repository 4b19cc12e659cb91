/**
 * Webhooks of the registry, as MLflow's clients set them: who wants to hear of what, the queue of
 * what is on its way, and the log of what arrived. What happened is written by triggers of the
 * database. Never decides what somebody may see; asks identity when an event is handed out and
 * again when it is sent.
 */
@NullMarked
package dev.atelier.webhooks;

import org.jspecify.annotations.NullMarked;
