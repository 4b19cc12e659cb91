/**
 * Named points where tests make the portal die, fail or wait. Owns nothing in production: every
 * point is a no-op there, and a start that asks for faults outside the test profiles is refused.
 */
@NullMarked
package dev.atelier.platform.faults;

import org.jspecify.annotations.NullMarked;
