/**
 * The statistics of monitoring: counts that add up over time, replicas and sites, distances between
 * them, tests of drift, and quality with and without labels. Pure functions of immutable values; no
 * row is kept, and what feeds them is elsewhere.
 */
@NullMarked
package dev.atelier.monitoring.statistics;

import org.jspecify.annotations.NullMarked;
