/**
 * What every feature stands on: the database, blobs, problems, the page shell. Knows no feature,
 * and never names one.
 */
@NullMarked
package dev.atelier.platform;

import org.jspecify.annotations.NullMarked;
