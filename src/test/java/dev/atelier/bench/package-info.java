/** Measurements, run by {@code ./atelier bench}. Never part of the tests: a busy machine lies. */
package dev.atelier.bench;
