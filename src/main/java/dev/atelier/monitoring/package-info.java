/**
 * What models do in production: traffic, errors, latency, later drift and quality. Reads what
 * serving counts; never stands in the way of a call.
 */
@NullMarked
package dev.atelier.monitoring;

import org.jspecify.annotations.NullMarked;
