/**
 * Examines an installation and says in plain words what is wrong and what to do. Owns no table and
 * changes nothing: it only looks. Features contribute their checks through {@link
 * dev.atelier.platform.doctor.Check}.
 */
@NullMarked
package dev.atelier.platform.doctor;

import org.jspecify.annotations.NullMarked;
